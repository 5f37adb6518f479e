# SPDX-License-Identifier: Apache-2.0
# Builds the page of `dbgtrace html` (Vite, from reader/web/) and links it into a target. Where npm or the packages of the lock
# file are missing (`make deps` fetches them) the page is empty, and the command says what to install.
function(dbgtrace_page target)
  set(web ${CMAKE_CURRENT_SOURCE_DIR}/web)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/page)
  find_program(DBGTRACE_NODE NAMES node nodejs)
  if(DBGTRACE_NODE AND EXISTS ${web}/node_modules/vite/bin/vite.js)
    file(GLOB page_sources CONFIGURE_DEPENDS ${web}/src/*.js ${web}/src/*.css)
    set(page ${out}/index.html)
    add_custom_command(
      OUTPUT ${page}
      COMMAND ${CMAKE_COMMAND} -E env DBGTRACE_PAGE_OUT=${out} ${DBGTRACE_NODE} node_modules/vite/bin/vite.js build --logLevel warn
      DEPENDS ${page_sources} ${web}/index.html ${web}/vite.config.js ${web}/package-lock.json
      WORKING_DIRECTORY ${web}
      COMMENT "Building the page"
      VERBATIM)
  else()
    set(page ${out}/none.html)
    file(WRITE ${page} "")
  endif()
  target_sources(${target} PRIVATE ${web}/page_template.S)
  set_source_files_properties(${web}/page_template.S PROPERTIES OBJECT_DEPENDS ${page}
                              COMPILE_DEFINITIONS "DBGTRACE_PAGE=\"${page}\"")
endfunction()
