# SPDX-License-Identifier: MIT
#
# cmake -DROOT=<harness> -P layers.cmake: fails where a file includes what its layer may not know.
# The table of layers is the one in ROOT/README.md: a change to it is a change of design.
cmake_minimum_required(VERSION 3.25)

# Who alone may include a library, by the start of the header's name.
set(only_in_machine libvirt/)
set(only_in_cli CLI/)
set(users_of_libraries machine cli)

# Pure layers: time and frames are handed in.
set(pure nat wire model oracle judge)
set(impure "^(<sys/socket.h>|<sys/epoll.h>|<poll.h>|<netinet/|\"base/clock.hh\")")

# The code that judges must not come to know what it judges against, in a roundabout way neither:
# nothing that these layers include, through however many headers, may be of such a layer.
set(judge_never_reaches vpn nat oracle)

# ---- the table: | `layer` | what it does | base, nat |

file(STRINGS ${ROOT}/README.md rows REGEX "^\\| `[a-z]+` \\|" ENCODING UTF-8)
set(layers "")
foreach(row IN LISTS rows)
  string(REGEX REPLACE "^\\| `([a-z]+)` \\|.*" "\\1" layer "${row}")
  string(REGEX REPLACE ".*\\| *([^|]*[^| ]) *\\|$" "\\1" names "${row}")
  string(REGEX MATCHALL "[a-z]+ \\([a-z]+\\)" excerpts "${names}") # `probe (protocol)`: that header only
  string(REGEX REPLACE " \\([a-z]+\\)" "" names "${names}")
  if(names STREQUAL "all of the above")
    set(${layer}_may_include ${layers})
  else()
    string(REGEX MATCHALL "[a-z]+" ${layer}_may_include "${names}")
  endif()
  foreach(excerpt IN LISTS excerpts)
    string(REGEX MATCH "^([a-z]+) \\(([a-z]+)\\)" _ "${excerpt}")
    set(${layer}_from_${CMAKE_MATCH_1} ${CMAKE_MATCH_2}.hh)
  endforeach()
  list(APPEND layers ${layer})
endforeach()
if(NOT layers)
  message(FATAL_ERROR "README.md: there is no table of layers (rows like: | `base` | what it does | – |)")
endif()

# ---- each file

file(GLOB_RECURSE sources RELATIVE ${ROOT} ${ROOT}/*.hh ${ROOT}/*.cc)
foreach(source IN LISTS sources)
  string(REGEX MATCH "^[^/]+" layer ${source})
  if(NOT layer IN_LIST layers)
    message(SEND_ERROR "${source}: README.md has no layer '${layer}'")
    continue()
  endif()
  file(STRINGS ${ROOT}/${source} lines REGEX "^ *# *include ")
  set(${source}_includes "")
  foreach(line IN LISTS lines)
    string(REGEX MATCH "[<\"][^>\"]+[>\"]" header "${line}")
    if(layer IN_LIST pure AND header MATCHES "${impure}")
      message(SEND_ERROR "${source}: layer '${layer}' is pure and may not include ${header}")
    endif()
    foreach(user IN LISTS users_of_libraries)
      if(header MATCHES "^<${only_in_${user}}" AND NOT layer STREQUAL user)
        message(SEND_ERROR "${source}: only layer '${user}' may include ${header}")
      endif()
    endforeach()
    if(NOT header MATCHES "^\"([^\"/]+)/(.+)\"$")
      if(header MATCHES "^\"")
        message(SEND_ERROR "${source}: ${header} does not name its layer")
      endif()
      continue()
    endif()
    set(wanted ${CMAKE_MATCH_1})
    set(file ${CMAKE_MATCH_2})
    list(APPEND ${source}_includes ${wanted}/${file})
    if(wanted STREQUAL layer)
      continue()
    elseif(NOT wanted IN_LIST ${layer}_may_include)
      message(SEND_ERROR "${source}: layer '${layer}' may not include layer '${wanted}'")
    elseif(DEFINED ${layer}_from_${wanted} AND NOT file STREQUAL ${layer}_from_${wanted})
      message(SEND_ERROR "${source}: of layer '${wanted}', '${layer}' may include ${${layer}_from_${wanted}} only")
    endif()
  endforeach()
endforeach()

# ---- what is reached through other headers

foreach(layer IN LISTS layers)
  if(NOT DEFINED ${layer}_never_reaches)
    continue()
  endif()
  set(reached ${sources})
  list(FILTER reached INCLUDE REGEX "^${layer}/")
  set(pending ${reached})
  while(pending)
    list(POP_FRONT pending next)
    foreach(include IN LISTS ${next}_includes)
      if(include IN_LIST reached)
        continue()
      endif()
      list(APPEND reached ${include})
      list(APPEND pending ${include})
      string(REGEX MATCH "^[^/]+" wanted ${include})
      if(wanted IN_LIST ${layer}_never_reaches)
        message(SEND_ERROR "${next}: layer '${layer}' comes to include ${include} through this file")
      endif()
    endforeach()
  endwhile()
endforeach()
