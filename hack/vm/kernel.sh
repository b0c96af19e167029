#!/bin/bash
# kernel.sh - gets the kernel that the virtual machine boots, and makes the
# first file system of it. Nothing is installed: the packages are unpacked.
#
#   hack/vm/kernel.sh DIR     afterwards there are
#
#   DIR/vmlinuz  DIR/initrd   to boot
#   DIR/modules               what the guest mounts on /lib/modules/VERSION
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=hack/lib.sh
. "$here/../lib.sh"

dir=${1:?usage: hack/vm/kernel.sh DIR}
mkdir -p "$dir"
dir=$(readlink -f "$dir")

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

# get_packages unpacks the kernel and a static busybox into $1.
get_packages() {
    mkdir "$1"
    cd "$1"
    if ! download "$(kernel_package)" busybox-static; then
        quiet_apt update || true # one list of several may fail
        download "$(kernel_package)" busybox-static || {
            cat log >&2
            die "cannot download the packages linux-image-cloud-amd64 depends on, and busybox-static" "apt-get update"
        }
    fi
    for package in *.deb; do dpkg -x "$package" .; done
    rm -- *.deb
    [ -d lib/modules ] || ln -sfn usr/lib lib # as in Debian 13
    version=$(ls lib/modules)
    depmod -b . "$version" # which the package's own installation would do
    cd "$OLDPWD"
}

# make_initrd packs busybox, the early modules in the order of loading, and
# init.sh. Not compressed: that costs more than it saves.
make_initrd() {
    local root=$1/initrd.d module
    mkdir -p "$root"/{bin,proc,sys,dev,share,upper,root,modules}
    install "$(find "$1" -path '*/bin/busybox' -type f)" "$root/bin/busybox"
    install "$here/init.sh" "$root/init"
    # A module that the kernel has built in is not a file.
    for module in "${early[@]}"; do
        modprobe -d "$1" -S "$version" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$1/early"
    while read -r module; do
        cp "$module" "$root/modules/"
        echo "${module##*/}" >>"$root/modules/order"
    done <"$1/early"
    (cd "$root" && find . | cpio --quiet -o -H newc) >"$dir/initrd.new"
}

# A machine of yesterday boots no less well: what is there is used, but for
# init.sh when it is newer.
if [ ! -e "$dir/vmlinuz" ] || [ "$here/init.sh" -nt "$dir/initrd" ]; then
    work=$(mktemp -d "$dir/new.XXXXXX")
    chmod 755 "$work"
    trap 'rm -rf "$work"' EXIT
    get_packages "$work/x"
    make_initrd "$work/x"
    rm -rf "$dir/modules"
    mv "$work/x/lib/modules/$version" "$dir/modules"
    mv "$dir/initrd.new" "$dir/initrd"
    mv "$work/x/boot/vmlinuz-$version" "$dir/vmlinuz" # last: now all is there
    touch "$dir/initrd"
    say "a machine with Linux $version"
fi
