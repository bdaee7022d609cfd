import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { clearPacketFilter } from '../../src/apply/scripts/clear-packet-filter-script.js';

/** What nft 1.0.6 says of rules that kube-proxy, a network plugin and somebody else made with iptables. */
const ruleset = `table ip mangle { # handle 1
	chain KUBE-PROXY-CANARY { # handle 1
	}
}
table ip nat { # handle 2
	chain KUBE-SERVICES { # handle 1
		meta l4proto udp ip daddr 10.96.0.10  udp dport 53 counter packets 0 bytes 0 jump KUBE-SVC-ABC # handle 17
	}

	chain KUBE-SVC-ABC { # handle 2
		counter packets 0 bytes 0 jump MINE # handle 19
	}

	chain CNI-HOSTPORT-DNAT { # handle 8
	}

	chain MINE { # handle 9
		 counter packets 0 bytes 0 accept comment "x jump KUBE-SVC" # handle 26
	}

	chain PREROUTING { # handle 10
		type nat hook prerouting priority dstnat; policy accept;
		 counter packets 5 bytes 300 jump KUBE-SERVICES # handle 11
		fib daddr type local counter packets 0 bytes 0 jump CNI-HOSTPORT-DNAT comment "ports" # handle 16
		tcp dport 99 counter packets 0 bytes 0 jump MINE # handle 27
	}
}
table ip6 filter { # handle 3
	chain KUBE-FORWARD { # handle 1
	}

	chain INPUT { # handle 5
		type filter hook input priority filter; policy drop;
		counter packets 0 bytes 0 goto KUBE-FORWARD # handle 7
	}
}
table inet mine { # handle 4
	chain KUBE-OWN { # handle 1
	}

	chain input { # handle 2
		jump KUBE-OWN # handle 3
	}
}
`;

const sh = (script: string, input: string): readonly string[] =>
  execFileSync('sh', ['-c', `R=; strangers=; ${clearPacketFilter}\n${script}`], { input, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');

test('of iptables’ tables the chains of pods go, and rules that lead there; what is another’s stays', () => {
  expect(sh('chains_of_pods', ruleset)).toEqual([
    'flush chain ip mangle KUBE-PROXY-CANARY',
    'flush chain ip nat KUBE-SERVICES',
    'flush chain ip nat KUBE-SVC-ABC',
    'flush chain ip nat CNI-HOSTPORT-DNAT',
    'flush chain ip6 filter KUBE-FORWARD',
    'delete rule ip nat PREROUTING handle 11',
    'delete rule ip nat PREROUTING handle 16',
    'delete rule ip6 filter INPUT handle 7',
    'delete chain ip mangle KUBE-PROXY-CANARY',
    'delete chain ip nat KUBE-SERVICES',
    'delete chain ip nat KUBE-SVC-ABC',
    'delete chain ip nat CNI-HOSTPORT-DNAT',
    'delete chain ip6 filter KUBE-FORWARD',
  ]);
});

test('chains of a network plugin stay where something of others uses it', () => {
  expect(sh('strangers=another; chains_of_pods', ruleset).filter((line) => line.includes('CNI'))).toEqual([]);
});

/** An nft that has these tables after its rules were deleted, and notes what it is told. */
const withTable = (rest: string) => `
given=$(cat)
nft_or_its() { case "$*" in '-a list ruleset') echo "$given";; '-f -') cat >/dev/null;; 'list table ip nat') echo '${rest}';;
  'delete table ip nat') echo gone;; *) echo "not known: $*"; return 1;; esac; }
clear_chains; true`;

const ofPods = `table ip nat { # handle 2
	chain KUBE-SERVICES { # handle 1
	}
}
`;
const bare = `table ip nat {
	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
	}
}
`;

test.each([
  ['that has nothing left goes', bare, ['gone']],
  ['with a rule stays', bare.replace('accept;', 'accept;\n\t\ttcp dport 99 accept'), []],
  ['that drops what it has no rule for stays', bare.replace('policy accept', 'policy drop'), []],
  ['with a chain of somebody’s stays', bare.replace('}\n', '}\n\tchain MINE {\n\t}\n'), []],
])('a table of iptables %s', (_title, rest, says) => {
  expect(sh(withTable(rest), ofPods)).toEqual(says);
});
