/**
 * Perl that lists the upper folder of an overlay, folders before what is in them: `KIND FLAG PATH` with a zero byte behind each.
 * Kinds: `f`ile, `l`ink, `d`irectory, `o`paque directory (nothing below it shows through), `w`hiteout (what was there is gone), `s`pecial.
 * Flags: `h`ard link, `x` attributes that a copy lacks, `-`. It ends with code 3 once there are more entries than the second argument says.
 */
export const upperPart = String.raw`
my ($root, $most) = map { /\A(.*)\z/s } @ARGV;

sub attribute {
    my ($path, $name) = @_;
    my $size = syscall(nr_lgetxattr, $path, $name, my $value = ' ' x 8, 8);
    return $size > 0 ? substr $value, 0, $size : '';
}

sub has_attributes {
    my ($path) = @_;
    my $size = syscall(nr_llistxattr, $path, my $names = ' ' x 4096, 4096);
    return $size < 0 ? 0 : grep { !/\Auser\.overlay\./ && !/\Asecurity\.selinux\z/ } split /\0/, substr $names, 0, $size;
}

my @waiting = ('');
while (defined(my $folder = shift @waiting)) {
    # Its owner may have closed it, who is who asks.
    my $entries;
    opendir $entries, "$root/$folder" or chmod(0700, "$root/$folder") && opendir $entries, "$root/$folder" or die "$folder: $!\n";
    for my $name (sort map { /\A(.*)\z/s } grep { $_ ne '.' && $_ ne '..' } readdir $entries) {
        my $path = $folder eq '' ? $name : "$folder/$name";
        my $full = "$root/$path";
        my @facts = lstat $full or die "$path: $!\n";
        exit 3 if $most-- <= 0;
        my $kind = -l _ ? 'l' : -d _ ? 'd' : -f _ ? 'f' : -c _ && $facts[6] == 0 ? 'w' : 's';
        my $flag = $kind eq 'f' && $facts[3] > 1 ? 'h' : $kind =~ /[fd]/ && has_attributes($full) ? 'x' : '-';
        if ($kind eq 'd') {
            $kind = 'o' if attribute($full, 'user.overlay.opaque') eq 'y';
            push @waiting, $path;
        }
        print "$kind $flag $path\0";
    }
}
`;
