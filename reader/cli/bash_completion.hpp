// SPDX-License-Identifier: Apache-2.0
// The completion of bash. It asks the installed command for its commands, options and values, so
// that it never has to be kept up to date.
#pragma once

namespace dbgtrace::reader::cli {

constexpr const char* kBashCompletion =
    R"bash(# Completion for bash. Commands and options are asked of `dbgtrace --help`, so that this file knows
# no more than the installed command does.
# No process substitution: a small chroot has no /dev/fd.
_dbgtrace_offer() {
  local found IFS=$' \t\n'
  found=$(compgen "$@")
  IFS=$'\n'
  # shellcheck disable=SC2206
  COMPREPLY=($found)
}
_dbgtrace() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} program=${COMP_WORDS[0]} word command='' choices
  COMPREPLY=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -- && $command == run ]] && { command=program; break; }
    [[ -z $command && $word != -* ]] && command=$word
  done
  case $command,$current in
    program,*) _dbgtrace_offer -A command -A file -- "$current" ;;
    ,*)
      choices=$("$program" --help 2>/dev/null | awk '/^Subcommands:/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ { print $1 }')
      _dbgtrace_offer -W "$choices --help --version" -- "$current"
      ;;
    *,-*)
      choices=$("$program" "$command" --help 2>/dev/null | grep -oE '^  +(-[a-z],)?--?[a-z][a-z-]*' | tr ',' ' ')
      _dbgtrace_offer -W "$choices" -- "$current"
      ;;
    help,*)
      choices=$("$program" help 2>/dev/null | awk '/^(Subcommands|Topics)/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ { print $1 }')
      _dbgtrace_offer -W "$choices" -- "$current"
      ;;
    completion,*) _dbgtrace_offer -W 'bash zsh fish' -- "$current" ;;
    attach,* | detach,*) _dbgtrace_offer -W "$(printf '%s\n' /proc/[0-9]* | sed 's#/proc/##')" -- "$current" ;;
    *)
      # --option {one,of,these}, as its help says
      choices=$("$program" "$command" --help 2>/dev/null | sed -n "s/^  *\($previous\|.*,$previous\) [A-Z]*:{\([^}]*\)}.*/\2/p" | tr ',' ' ')
      if [[ $previous == --* && -n $choices ]]; then
        _dbgtrace_offer -W "$choices" -- "$current"
      else
        _dbgtrace_offer -A file -- "$current"
      fi
      ;;
  esac
}
complete -o filenames -F _dbgtrace dbgtrace
)bash";

}  // namespace dbgtrace::reader::cli
