// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/kernel_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <iterator>

namespace dbgtrace::reader::analysis {
namespace {

struct CodeName {
  int signal;  // 0: of any
  int code;
  const char* name;
};
// As <bits/siginfo-consts.h> and the kernel's <asm-generic/siginfo.h> have them; numbers, since the
// C library of the machine that reads may know fewer than the kernel of the one that crashed.
constexpr CodeName kCodes[] = {{0, 0, "SI_USER"},
                               {0, 128, "SI_KERNEL"},
                               {0, -1, "SI_QUEUE"},
                               {0, -2, "SI_TIMER"},
                               {0, -3, "SI_MESGQ"},
                               {0, -4, "SI_ASYNCIO"},
                               {0, -5, "SI_SIGIO"},
                               {0, -6, "SI_TKILL"},
                               {0, -7, "SI_DETHREAD"},
                               {SIGSEGV, 1, "SEGV_MAPERR"},
                               {SIGSEGV, 2, "SEGV_ACCERR"},
                               {SIGSEGV, 3, "SEGV_BNDERR"},
                               {SIGSEGV, 4, "SEGV_PKUERR"},
                               {SIGSEGV, 5, "SEGV_ACCADI"},
                               {SIGSEGV, 8, "SEGV_MTEAERR"},
                               {SIGSEGV, 9, "SEGV_MTESERR"},
                               {SIGSEGV, 10, "SEGV_CPERR"},
                               {SIGBUS, 1, "BUS_ADRALN"},
                               {SIGBUS, 2, "BUS_ADRERR"},
                               {SIGBUS, 3, "BUS_OBJERR"},
                               {SIGBUS, 4, "BUS_MCEERR_AR"},
                               {SIGBUS, 5, "BUS_MCEERR_AO"},
                               {SIGFPE, 1, "FPE_INTDIV"},
                               {SIGFPE, 2, "FPE_INTOVF"},
                               {SIGFPE, 3, "FPE_FLTDIV"},
                               {SIGFPE, 4, "FPE_FLTOVF"},
                               {SIGFPE, 5, "FPE_FLTUND"},
                               {SIGFPE, 6, "FPE_FLTRES"},
                               {SIGFPE, 7, "FPE_FLTINV"},
                               {SIGFPE, 8, "FPE_FLTSUB"},
                               {SIGFPE, 14, "FPE_FLTUNK"},
                               {SIGFPE, 15, "FPE_CONDTRAP"},
                               {SIGILL, 1, "ILL_ILLOPC"},
                               {SIGILL, 2, "ILL_ILLOPN"},
                               {SIGILL, 3, "ILL_ILLADR"},
                               {SIGILL, 4, "ILL_ILLTRP"},
                               {SIGILL, 5, "ILL_PRVOPC"},
                               {SIGILL, 6, "ILL_PRVREG"},
                               {SIGILL, 7, "ILL_COPROC"},
                               {SIGILL, 8, "ILL_BADSTK"},
                               {SIGTRAP, 1, "TRAP_BRKPT"},
                               {SIGTRAP, 2, "TRAP_TRACE"},
                               {SIGTRAP, 3, "TRAP_BRANCH"},
                               {SIGTRAP, 4, "TRAP_HWBKPT"},
                               {SIGTRAP, 5, "TRAP_UNK"},
                               {SIGTRAP, 6, "TRAP_PERF"},
                               {SIGSYS, 1, "SYS_SECCOMP"},
                               {SIGSYS, 2, "SYS_USER_DISPATCH"}};

}  // namespace

std::string signal_code_name(int signal, int code) {
  const auto* found =
      std::find_if(std::begin(kCodes), std::end(kCodes), [signal, code](const CodeName& c) {
        return c.code == code && (c.signal == 0 || c.signal == signal);
      });
  return found == std::end(kCodes) ? fmt::format("code {}", code) : found->name;
}

bool was_sent(int code) { return code <= 0; }

}  // namespace dbgtrace::reader::analysis
