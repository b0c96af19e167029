#!/bin/busybox sh
# shellcheck shell=dash
#
# init.sh - the first program in the virtual machine, in its initial file system.
# Mounts what the host shares, lays a writable file system over it, and goes on
# with guest.sh in there.
#
#   /share        by virtiofs, read-only: root (the host's /), modules, vm (this
#                 directory), job (what the caller wants to have there)
#   /upper        what the guest writes: a disk that keeps it, or memory
#   /root         the one over the other: the / of the guest

/bin/busybox --install -s /bin
PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev

give_up() {
    echo "init.sh: $*" >/dev/kmsg
    poweroff -f
}

while read -r module; do
    insmod "/modules/$module" || give_up "no module $module"
done </modules/order

mount -t virtiofs -o ro share /share || give_up "no shared directory"
if [ -b /dev/vda ]; then
    mount -t ext4 -o noatime /dev/vda /upper || give_up "no disk"
else
    mount -t tmpfs -o mode=755,size=80% upper /upper || give_up "no memory"
fi
mkdir -p /upper/data /upper/work
mount -t overlay -o lowerdir=/share/root,upperdir=/upper/data,workdir=/upper/work root /root ||
    give_up "no overlay"

# What is mounted on the host is an empty directory here.
modules=/root/lib/modules/$(uname -r)
mkdir -p /root/proc /root/sys /root/dev /root/run /root/tmp "$modules"
mount --bind /share/modules "$modules"
mount -t tmpfs -o mode=755,nosuid,nodev run /root/run
mkdir -p /root/vm
mount --move /share /root/vm
for place in proc sys dev; do mount --move /$place /root/$place; done
exec switch_root /root /bin/bash /vm/vm/guest.sh
