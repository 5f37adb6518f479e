# SPDX-License-Identifier: Apache-2.0
# about: strings, hashes, regular expressions, sorting, fork and pipes, interpreter threads, die
# needs: perl
# detect: test -x /usr/bin/perl
# records: perl 3
# crashes: perl SIGSEGV sent-by-user kill
. "$CASE_LIB"
export PERL_HASH_SEED=0

cat >script.pl <<'SCRIPT'
use strict; use warnings; use Digest::SHA qw(sha256_hex); use Storable qw(nstore retrieve);
my (%count, @lines);
for my $i (1 .. 60000) { my $w = "w" . ($i * 7919 % 5003); $count{$w}++; push @lines, "$i:$w" if $i % 3 == 0 }
my $text = join "\n", sort { $a cmp $b } @lines;
my $n = () = $text =~ /:w(\d)\d*\1$/mg;
print scalar(keys %count), " $n ", sha256_hex($text), "\n";
$text =~ s/(\d+):w(\d+)/$2-$1/g;
print length($text), "\n";
nstore({ map { $_ => $count{$_} } grep { /9$/ } sort keys %count }, "count.store");
print scalar(keys %{ retrieve("count.store") }), "\n";
for my $i (1 .. 10) {
  my $pid = open(my $pipe, "-|") // die;
  if (!$pid) { print "child $i ", sha256_hex("x" x ($i * 1000)), "\n"; exit $i }
  print <$pipe>; close $pipe; print $? >> 8, "\n";
}
print `echo from a shell; exit 3`, $? >> 8, "\n";
local $SIG{ALRM} = sub { print "alarm\n" }; kill ALRM => $$;
open my $out, ">", "out.txt" or die; print $out $text; close $out;
warn "a warning\n"; die { code => 1 } if 0; die "the end\n";
SCRIPT
status script traced perl script.pl
status threads traced perl -Mthreads -e '
print join(",", map { $_->join } map { my $n = $_; threads->create(sub { my %h = map { $_ => "x" x $_ } 1 .. 500 * $n; scalar keys %h }) } 1 .. 4), "\n"'
status signal traced perl -e 'my $p = fork // die; if (!$p) { kill SEGV => $$; sleep 9 } waitpid $p, 0; print $? & 127, "\n"; exit 42'
