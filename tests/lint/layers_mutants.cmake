# SPDX-License-Identifier: MIT
#
# cmake -DROOT=<harness> -DWORK=<directory> -P layers_mutants.cmake: layers.cmake must pass a sound
# tree, and fail, saying why, for each tree with one wrong include.
cmake_minimum_required(VERSION 3.25)

# expect(<name> <wanted message, empty: passes> [<file> <line>]...)
function(expect name wanted)
  file(REMOVE_RECURSE ${WORK}/${name})
  file(COPY ${ROOT}/README.md DESTINATION ${WORK}/${name})
  foreach(layer base nat wire model oracle fabric certify probe judge machine vpn)
    file(WRITE ${WORK}/${name}/${layer}/${layer}.hh "#pragma once\n")
  endforeach()
  file(WRITE ${WORK}/${name}/probe/protocol.hh "#pragma once\n")
  while(ARGN)
    list(POP_FRONT ARGN file line)
    file(WRITE ${WORK}/${name}/${file} "${line}\n")
  endwhile()
  execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${WORK}/${name} -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/layers.cmake
    RESULT_VARIABLE status ERROR_VARIABLE said OUTPUT_QUIET)
  string(REGEX REPLACE "[ \n]+" " " said "${said}")
  string(FIND "${said}" "${wanted}" at)
  if(wanted STREQUAL "" AND NOT status EQUAL 0)
    message(SEND_ERROR "${name}: a sound tree was refused: ${said}")
  elseif(NOT wanted STREQUAL "" AND (status EQUAL 0 OR at EQUAL -1))
    message(SEND_ERROR "${name}: wanted '${wanted}', found status ${status}: ${said}")
  endif()
endfunction()

expect(sound ""
  judge/judge.cc "#include \"probe/protocol.hh\"" fabric/fabric.cc "#include \"nat/nat.hh\""
  machine/machine.cc "#include <libvirt/libvirt.h>")
expect(upward "layer 'base' may not include layer 'model'" base/a.cc "#include \"model/model.hh\"")
expect(judge-vpn "layer 'judge' may not include layer 'vpn'" judge/a.hh "#include \"vpn/vpn.hh\"")
expect(judge-nat "layer 'judge' may not include layer 'nat'" judge/a.hh "#include \"nat/nat.hh\"")
expect(judge-oracle "layer 'judge' may not include layer 'oracle'" judge/a.hh "#include \"oracle/oracle.hh\"")
expect(judge-roundabout "layer 'judge' comes to include nat/nat.hh"
  judge/a.cc "#include \"model/scenario.hh\"" model/scenario.hh "#include \"nat/nat.hh\"")
expect(judge-probe "'judge' may include protocol.hh only" judge/a.cc "#include \"probe/probe.hh\"")
expect(certify-nat "layer 'certify' may not include layer 'nat'" certify/a.cc "#include \"nat/nat.hh\"")
expect(certify-model "layer 'certify' may not include layer 'model'" certify/a.cc "#include \"model/model.hh\"")
expect(libvirt "only layer 'machine' may include <libvirt/libvirt.h>" vpn/a.cc "#include <libvirt/libvirt.h>")
expect(clock "layer 'nat' is pure" nat/a.cc "#include \"base/clock.hh\"")
expect(socket "layer 'wire' is pure" wire/a.cc "  #  include <sys/socket.h>")
expect(stranger "README.md has no layer 'helper'" helper/a.cc "")
expect(bare "does not name its layer" base/a.cc "#include \"error.hh\"")
