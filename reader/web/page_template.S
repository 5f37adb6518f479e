/* SPDX-License-Identifier: Apache-2.0 */
/* The built page as bytes of the command; DBGTRACE_PAGE is the file that CMake made, empty where Node.js is missing. */
    .section .rodata
    .global dbgtrace_page_begin
    .global dbgtrace_page_end
dbgtrace_page_begin:
    .incbin DBGTRACE_PAGE
dbgtrace_page_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
