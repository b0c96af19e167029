#!/bin/bash
# kernel.sh - gets the kernel that the virtual machine boots, and makes the
# first file system of it. Nothing is installed: the packages are unpacked.
#
#   hack/vm/kernel.sh DIR     afterwards there are
#
#   DIR/vmlinuz  DIR/initrd   to boot
#   DIR/modules               what the guest mounts on /lib/modules/VERSION
#
# It all belongs to whom the directory above does. A kernel of yesterday serves
# no less well: what is there is used.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=hack/lib.sh
. "$here/../lib.sh"

dir=${1:?usage: hack/vm/kernel.sh DIR}
mkdir -p "$dir"
dir=$(readlink -f "$dir")

# One at a time; what this starts keeps the lock until it ends.
exec 9>"$dir/lock"
flock 9

# The modules that the guest needs before it sees the full tree of them, from
# which all others load on demand.
early=(virtio_pci virtio_blk virtio_console virtio_rng virtiofs overlay ext4)

# kernel_package prints the package behind the one that only names the newest.
# No version may be named here: old ones leave the archive.
kernel_package() {
    apt-cache depends linux-image-cloud-amd64 2>/dev/null |
        awk '/Depends: linux-image-[0-9]/ { print $2; exit }'
}

# download PACKAGE... puts them into the current directory.
download() { apt-get -q -o APT::Sandbox::User=root download "$@" >log 2>&1; }

# get_packages unpacks the kernel and a static busybox into the current directory.
get_packages() {
    if ! download "$(kernel_package)" busybox-static; then
        quiet_apt update || true # one list of several may fail
        download "$(kernel_package)" busybox-static || {
            cat log >&2
            die "cannot download busybox-static and what linux-image-cloud-amd64 depends on" "apt-get update"
        }
    fi
    for package in *.deb; do dpkg -x "$package" .; done
    [ -d lib/modules ] || ln -sfn usr/lib lib # as in Debian 13
    version=$(ls lib/modules)
    depmod -b . "$version" # which the package's own installation would do
}

# take moves what is needed of it to $dir: early/ is the first file system, with
# busybox and the early modules in the order of loading.
take() {
    local early_dir=$dir/early module
    rm -rf "$dir/modules" "$early_dir"
    mkdir -p "$early_dir"/{bin,proc,sys,dev,share,upper,root,modules}
    install "$(find . -path '*/bin/busybox' -type f)" "$early_dir/bin/"
    # A module that the kernel has built in is not a file.
    for module in "${early[@]}"; do
        modprobe -d . -S "$version" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >files
    while read -r module; do
        cp "$module" "$early_dir/modules/"
        echo "${module##*/}" >>"$early_dir/modules/order"
    done <files
    mv "lib/modules/$version" "$dir/modules"
    mv "boot/vmlinuz-$version" "$dir/vmlinuz" # last: now all is there
}

if [ ! -e "$dir/vmlinuz" ] || [ ! -d "$dir/early" ]; then
    work=$(mktemp -d "$dir/new.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    cd "$work"
    get_packages
    take
    cd "$dir"
    say "a machine with Linux $version"
fi

# Not compressed: that costs more than it saves.
cd "$dir/early"
install "$here/init.sh" init
find . | cpio --quiet -o -H newc >"$dir/initrd.$$"
mv "$dir/initrd.$$" "$dir/initrd"
chown -R --reference="$dir/.." "$dir"
