# Sourced by what makes hosts: what a bare Debian of the lab is, whether in a namespace or on a machine of its own.
# shellcheck shell=bash disable=SC2034

# systemd, sshd and what Debian itself considers standard. Nothing of Kubernetes, no container runtime.
host_packages=systemd,systemd-sysv,dbus,openssh-server,sudo,iproute2,nftables,kmod,procps,ca-certificates,util-linux,mount

# ops needs a password for sudo, opsn does not, nosudo has no right to it: one of each kind that operators have.
users() { # ROOT
  local root=$1 user
  for user in ops opsn nosudo; do
    chroot "$root" useradd --create-home --shell /bin/bash "$user"
  done
  echo 'ops:lab password' | chroot "$root" chpasswd
  printf 'ops ALL=(ALL) ALL\nopsn ALL=(ALL) NOPASSWD: ALL\n' >"$root/etc/sudoers.d/lab"
  chmod 440 "$root/etc/sudoers.d/lab"
}

# Nothing may happen on a host by itself: a test that fails must fail because of podstrap.
silence() { # ROOT
  chroot "$1" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
    e2scrub_all.timer fstrim.timer getty.target
}

# Who a host is: the files that only it has, under ROOT, whose home folders and /etc/ssh exist there.
identity_of() { # ROOT NAME IP
  local root=$1 name=$2 ip=$3 keys user
  echo "$name" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n%s %s\n' "$ip" "$name" >"$root/etc/hosts"
  # The bridge's address refuses DNS at once: no name leaks out, and it is not a loopback resolver.
  echo "nameserver $LAB_SUBNET.1" >"$root/etc/resolv.conf"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  for keys in ed25519 ecdsa; do ssh-keygen -q -t $keys -N '' -C "$name" -f "$root/etc/ssh/ssh_host_${keys}_key"; done
  for user in root home/ops home/opsn home/nosudo; do
    install -d -m 700 "$root/$user/.ssh"
    install -m 600 "$LAB_HOME/id.pub" "$root/$user/.ssh/authorized_keys"
    chown -R --reference="$root/$user" "$root/$user/.ssh"
  done
}

# The key that all hosts accept.
operators_key() {
  [[ -f $LAB_HOME/id ]] || { mkdir -p "$LAB_HOME" && ssh-keygen -q -t ed25519 -N '' -C lab -f "$LAB_HOME/id"; }
}

bridge() {
  ip link show "$LAB_BRIDGE" >/dev/null 2>&1 && return
  ip link add "$LAB_BRIDGE" type bridge
  ip addr add "$LAB_SUBNET.1/24" dev "$LAB_BRIDGE"
  ip link set "$LAB_BRIDGE" up
}

sshto() { # IP [COMMAND...]
  ssh -q -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5 -o IdentitiesOnly=yes \
    -i "$LAB_HOME/id" "root@$1" "${@:2}"
}

# What can befall the disk of a host. Each is a script for `run`.
limited() { # PATH SIZE
  echo "mkdir -p '$1' && mount -t tmpfs -o size=$2,mode=755 limit '$1'"
}
# A kubelet that runs goes on to watch the folder that is now hidden, so it has to look again.
filled() { # PATH
  echo "set -e; mkdir -p /run/full; mount -t tmpfs -o size=2m full /run/full; chmod --reference='$1' /run/full
    cp -a '$1/.' /run/full; mount --bind /run/full '$1'; umount /run/full
    dd if=/dev/zero of='$1/.full' bs=4k 2>/dev/null || true; truncate -s -8k '$1/.full'
    systemctl try-restart kubelet.service"
}
freed() { # PATH
  echo "set -e; rm '$1/.full'; mkdir -p /run/below; mount --bind '${1%/*}' /run/below
    find '/run/below/${1##*/}' -mindepth 1 -delete; cp -a '$1/.' '/run/below/${1##*/}'
    umount /run/below; umount -l '$1'; systemctl try-restart kubelet.service"
}

# Shows the comment at the head of a script.
usage() { # FILE
  sed -n '2,/^set/{/^set/!p}' "$1" | sed 's/^# \{0,1\}//'
}
