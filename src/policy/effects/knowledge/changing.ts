import type { Table } from "../program.ts";

/** Programs that change files, and what of it does not come back. */
export const changing: Table = {
  rm: {
    options:
      "-fiIdv -rR! --recursive! --force --interactive[=t] --verbose --dir --one-file-system --preserve-root[=t] --no-preserve-root!",
    operands: "x*",
  },
  "rmdir mkdir mkfifo": {
    options: "-pvZ -m=t --parents --verbose --mode=t --ignore-fail-on-non-empty",
    operands: "w*",
  },
  touch: {
    options: "-acmhf -d=t -r=r -t=t --date=t --reference=r --time=t --no-create --no-dereference",
    operands: "w*",
  },
  unlink: { operands: "x" },
  truncate: { options: "-co -s=t -r=r --size=t --reference=r --no-create", operands: "w*" },
  tee: { options: "-aip --append --ignore-interrupts --output-error[=t]", operands: "w*" },
  mktemp: {
    options: "-dqut -p=w --directory --dry-run --quiet --suffix=t --tmpdir[=w]",
    operands: "w",
    otherwise: { kind: "w", path: "/tmp" },
  },
  "shred srm wipe": { looks: true, operands: "w*", danger: "destructive", why: "destroys files" },
  chmod: {
    options: "-cfvR! --recursive! -c -f -v --changes --silent --quiet --verbose --reference=r -rwxXst",
    operands: "t w*",
  },
  "chown chgrp": {
    options:
      "-cfvhHLP -R! --recursive! --changes --silent --quiet --verbose --reference=r --from=t --no-dereference --dereference",
    operands: "t w*",
  },
  "setfacl chattr setcap setfattr": {
    looks: true,
    operands: "t*",
    danger: "unknown",
    why: "changes what may be done with files",
  },
  split: {
    options:
      "-dxez -a=t -b=t -C=t -l=t -n=t -t=t --bytes=t --lines=t --number=t --suffix-length=t --numeric-suffixes[=t] --additional-suffix=t",
    operands: "r t",
    danger: "unknown",
    why: "writes files whose names it makes up",
  },
  patch: {
    options:
      "-NRstEblfu -p=t -i=r -d=d --strip=t --input=r --directory=d --dry-run --forward --reverse --silent --batch --force",
    operands: "w r",
    danger: "unknown",
    why: "changes the files that the patch names",
  },
  "bzip2 bunzip2 xz unxz zstd unzstd lz4 compress uncompress": {
    options: "-dkfvtlc -0123456789 -q --decompress --keep --force --verbose --test --list --stdout",
    operands: "rw*",
    danger: "unknown",
    why: "replaces files by others",
  },
  zip: {
    options: "-rqjmuv0123456789 -x=t -i=t --recurse-paths --quiet",
    operands: "w r*",
    danger: "changes",
    why: "writes an archive",
  },
  "7z 7za rar unrar ar cpio": {
    looks: true,
    operands: "t*",
    danger: "unknown",
    why: "may write files that its text does not name",
  },
  "vi vim nvim nano emacs ed ex pico view vimdiff code": {
    looks: true,
    operands: "t*",
    danger: "unknown",
    why: "opens an editor, which can run and change anything",
  },
  "mkfs mkfs.ext4 mkfs.xfs mkfs.vfat mkfs.btrfs mke2fs fdisk sfdisk gdisk sgdisk parted wipefs blkdiscard mkswap swapon swapoff mount umount losetup cryptsetup lvremove lvcreate vgremove pvremove mdadm hdparm diskutil fstrim e2fsck fsck tune2fs resize2fs zpool zfs btrfs":
    { looks: true, operands: "t*", danger: "destructive", why: "works on disks" },
  "service rc-service": { looks: true, operands: "t*", danger: "destructive", why: "changes what runs on the machine" },
  "reboot shutdown halt poweroff init telinit": {
    looks: true,
    operands: "t*",
    danger: "destructive",
    why: "stops the machine",
  },
  "useradd userdel usermod groupadd groupdel passwd chpasswd chsh chfn visudo adduser deluser": {
    looks: true,
    operands: "t*",
    danger: "destructive",
    why: "changes who may use the machine",
  },
  "iptables ip6tables nft ufw firewall-cmd tc insmod rmmod modprobe kexec setenforce update-alternatives ldconfig depmod":
    { looks: true, operands: "t*", danger: "destructive", why: "changes the system" },
  "at batch": {
    looks: true,
    operands: "t*",
    danger: "destructive",
    why: "has something run later, where nobody looks",
  },
  renice: { looks: true, operands: "t*", danger: "changes", why: "changes how other processes run" },
};
