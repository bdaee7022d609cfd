# Sourced by the lab's scripts. Every value may be set from outside.
# shellcheck shell=bash disable=SC2034
LAB_HOME=${LAB_HOME:-$HOME/.cache/podstrap-lab} # what was built, and the hosts' state
LAB_BRIDGE=${LAB_BRIDGE:-psbr0}                 # one bridge is one lab; at most 11 characters
LAB_SUBNET=${LAB_SUBNET:-10.77.0}               # its first three octets; .1 is this machine
LAB_SUITE=${LAB_SUITE:-bookworm}                # Debian release of the hosts

say() { printf 'lab: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

# Debian's mirror of this very machine, from either format of its apt sources.
debian_mirror() {
  local found
  found=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list /etc/apt/sources.list 2>/dev/null |
    awk '/^URIs:/ { print $2 } /^deb / { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) print $i }' |
    grep -m1 '/debian/*$' || true)
  echo "${found:-http://deb.debian.org/debian}"
}

# need COMMAND=PACKAGE...: installs the packages of the commands that are missing.
need() {
  local pair missing=()
  for pair; do
    case $pair in
      /*) [[ -e ${pair%%=*} ]] || missing+=("${pair#*=}") ;;
      *) command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}") ;;
    esac
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || fail "missing: ${missing[*]}; run as root: apt-get install ${missing[*]}"
  say "installing ${missing[*]}"
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}"; } \
    >/dev/null || fail "apt-get could not install ${missing[*]}"
}
