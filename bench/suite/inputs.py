# SPDX-License-Identifier: Apache-2.0
"""Writes the inputs of the programs that others wrote: the same bytes in every run, of any size."""

import json
import subprocess

WORDS = (
    "amber birch cedar dune ember fjord grove heath islet jetty knoll larch moor nook oak".split()
)

SQL = """
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, price REAL, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
INSERT INTO item SELECT i, printf('item %d of %x', i * 7919 % 100003, i * 31), 'kind' || i % 97,
  i % 1009 / 8.0, hex(zeroblob(i % 40)) FROM n;
CREATE INDEX by_name ON item (name);
SELECT kind, count(*), sum(price), max(name), length(group_concat(name, ',')) FROM item
  GROUP BY kind ORDER BY 3 DESC, 1;
SELECT count(*), sum(length(json_object('id', id, 'name', name, 'tags', json_array(kind, note))))
  FROM item;
SELECT count(DISTINCT substr(name, 6, 3)), count(DISTINCT upper(replace(note, '0', kind)))
  FROM item;
SELECT a.name, b.price FROM item a JOIN item b ON b.name = a.name AND b.id >= a.id
  ORDER BY b.note DESC, a.name LIMIT 20;
UPDATE item SET note = name || kind || note WHERE id % 3 = 0;
DELETE FROM item WHERE id % 7 = 0;
SELECT count(*), sum(length(note)) FROM item;
"""

PYTHON = """
import collections, json, re, sys
class Node:
    def __init__(self, name, size):
        self.name, self.size, self.children = name, size, []
    def total(self):
        return self.size + sum(child.total() for child in self.children)
def tree(depth, name):
    node = Node(name, depth)
    if depth:
        node.children = [tree(depth - 1, name + str(n)) for n in range(4)]
    return node
for turn in range(int(sys.argv[1])):
    rows = [dict(id=i, name='row %d' % (i * 31 % 1009), tags=[str(i % k) for k in (3, 5, 7)])
            for i in range(1500)]
    text = json.dumps(rows)
    back = json.loads(text)
    counts = collections.Counter(word for row in back for word in row['name'].split())
    found = re.findall(r'"name": "row (\\d+)"', text)
    ordered = sorted(back, key=lambda row: (row['tags'], row['name']))
    names = ''.join(row['name'].title() + ';' for row in ordered)
    print(turn, len(text), len(counts), sum(map(int, found)), len(names), tree(5, 'n').total())
"""

PERL = r"""
use strict;
my (%count, %rows, @lines);
my @words = qw(amber birch cedar dune ember fjord grove heath islet jetty knoll larch moor nook);
for my $i (1 .. $ARGV[0]) {
  push @lines, join ' ', map { $words[($i * $_ * 7919) % @words] . ($i * $_ % 211) } 1 .. 6;
}
for my $line (@lines) {
  for my $word (split / /, $line) {
    $count{$word}++;
    my ($name, $number) = $word =~ /^([a-z]+)(\d+)$/;
    push @{ $rows{$name} }, { number => $number, text => ucfirst($name) . "-$number" };
  }
}
my $text = '';
for my $name (sort keys %rows) {
  my @sorted = sort { $a->{number} <=> $b->{number} } @{ $rows{$name} };
  (my $joined = join ',', map { $_->{text} } @sorted) =~ s/(\d)-?(\d)/$2$1/g;
  $text .= sprintf "%s %d %d\n", $name, scalar(@sorted), length $joined;
}
print $text, scalar(keys %count), "\n";
"""

CXX = """
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>
template <int N> struct Chain {
  using Type = std::tuple<std::map<int, typename Chain<N - 1>::Value>, std::string>;
  struct Value { Type type; std::vector<std::unique_ptr<int>> more; int number = N; };
  static int sum(const Value& value) {
    int total = value.number;
    for (const auto& [key, inner] : std::get<0>(value.type)) {
      total += key + Chain<N - 1>::sum(inner);
    }
    return total;
  }
};
template <> struct Chain<0> {
  using Value = std::variant<int, std::string>;
  static int sum(const Value& value) { return int(value.index()); }
};
int main() {
  Chain<%d>::Value value;
  std::unordered_map<std::string, std::function<int()>> table;
  table["sum"] = [&] { return Chain<%d>::sum(value); };
  std::cout << table["sum"]() << "\\n";
}
"""

PLAIN_CXX = """
#include <tuple>
#include <utility>
template <int N> struct Sum { static constexpr int value = N + Sum<N - 1>::value; };
template <> struct Sum<0> { static constexpr int value = 0; };
int main() {
  auto parts = std::make_tuple(Sum<60>::value, Sum<90>::value, std::make_pair(1, 2L));
  return std::get<0>(parts) + std::get<1>(parts) + std::get<2>(parts).first;
}
"""


class Inputs:
    """Files by name and size, each written once."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, name, make):
        path = self.folder / name
        if not path.exists():
            path.write_text(make())
            path.chmod(0o644)
        return path

    def sql(self, rows):
        return self.write(f"items-{rows}.sql", lambda: SQL.format(rows=rows))

    def python(self):
        return self.write("rows.py", lambda: PYTHON)

    def perl(self):
        return self.write("words.pl", lambda: PERL)

    def records(self, count):
        def make():
            return json.dumps(
                [
                    {
                        "id": i,
                        "name": f"{WORDS[i * 7 % 15]} {i * 7919 % 10007}",
                        "tags": [WORDS[i * k % 15] for k in (1, 2, 3)],
                        "place": {"x": i % 101 / 4, "y": i % 89},
                    }
                    for i in range(count)
                ]
            )

        return self.write(f"records-{count}.json", make)

    def preprocessed(self, compiler, depth):
        """A C++ file without includes, for one compiler: the run depends on no header search."""
        source = PLAIN_CXX if depth == 0 else CXX % (depth, depth)
        name = f"{compiler.rsplit('/', 1)[-1]}-{depth}"
        path = self.folder / f"{name}.ii"
        if not path.exists():
            plain = self.write(f"{name}.cpp", lambda: source)
            subprocess.run([compiler, "-std=c++17", "-E", plain, "-o", path], check=True)
            path.chmod(0o644)
        return path
