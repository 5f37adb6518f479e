// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/help_topics.hpp"

#include <array>

namespace dbgtrace::reader::cli {
namespace {

constexpr std::array<HelpTopic, 5> kTopics = {{
    {"classes", "what the classes of leaks mean",
     R"(Classes of leaks

  growing           blocks keep being born and the old ones stay: a leak
  plateau           grew like one, then stopped: a full cache, a pool at its peak
  startup           born at the start and kept
  unfreed-at-exit   every allocation is known, the process exited, and these were not freed
                    (exact with DBGTRACE_SAMPLE=1; what Valgrind calls lost or still reachable)
  too-few-samples   fewer than five samples live: sample denser (DBGTRACE_SAMPLE=64K) or longer
  too-short         a run under a second says nothing about how blocks live

Only `growing` is a finding for --fail-on leak. Confidence is the probability that the shares behind
the verdict lie on the right side of their thresholds, given the counts of samples.
)"},
    {"estimates", "what ~, intervals and samples mean",
     R"(Estimates

By default one allocation every 512 KiB, on average, is recorded, and stands for the others of its
size that were not. "~12.4 MiB [10.9 .. 14.1 MiB], 220 samples" is such an estimate: in 95 of 100
cases the truth lies between the brackets. What was recorded whole (DBGTRACE_SAMPLE=1) has no "~".
Small things can go unseen: a leak of eight intervals yields three samples or more in 98.6 % of runs.
)"},
    {"suppressions", "the file of `leaks --suppressions`",
     R"(Suppressions

A file of lines as LeakSanitizer has them:

  # known, and none of ours
  leak:libfontconfig
  leak:^Registry::intern$
  leak:parse*config

A leak is left out of the report if any frame's function, source file or module fits: the pattern is
a part of the name, * stands for anything, ^ and $ for its begin and end. The report closes with what
was suppressed. What the C and C++ libraries allocate once for themselves is suppressed as well,
unless it grows; --no-built-in-suppressions shows it.
)"},
    {"times", "how moments are given: --from, --to, --at",
     R"(Times

  90  90s  1500ms  1.5min  2h  3d     since the start of the recording
  50%                                 of the run

`leaks` and `memory` with --from and --to are of blocks that were born in between and still live;
`diff --from T --to T` compares the live bytes of two moments, `diff --at T` one with the end.
)"},
    {"exit-codes", "what the exit status says",
     R"(Exit status

  0  done
  1  failed: the message says which file, where, what was expected
  2  usage
  3  the file is damaged, but a result was given
  4  findings, with --fail-on only (4 beats 3)

The file of a killed process is not damaged. `dbgtrace run` exits as the program does; 125 is its own
failure, 126 a program that can't be run, 127 one that is not there.
)"},
}};

}  // namespace

std::span<const HelpTopic> help_topics() { return kTopics; }

}  // namespace dbgtrace::reader::cli
