# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# cmake -DPAIR=FILE -DBINARY_DIR=build/dev -P pair.cmake
#
# What must not compile, with the words that both compilers must say, and its twin, which must compile. One file a pair:
#
#   // A search by words takes a question, not what was found.
#   // says: stage_gives<.*found>::but_the_next_takes<.*question>
#   #include ...
#   #ifdef REFUSED
#   auto it = top(6) | search(words);
#   #else
#   auto it = search(words) | top(6);
#   #endif
#
# `says` is a regular expression of CMake's; every such line must match one line of each compiler's output, and `says (g++)` or
# `says (clang++)` concerns that one alone. What matched is printed: ctest --preset dev -R refuses -V

cmake_path(GET PAIR STEM name)
file(STRINGS ${PAIR} about REGEX "^// ([^S]|S[^P])" LIMIT_COUNT 1)
string(REGEX REPLACE "^// " "" about "${about}")
file(STRINGS ${PAIR} says REGEX "^// says")
cmake_path(GET PAIR PARENT_PATH tests)
cmake_path(GET tests PARENT_PATH tests)

set(faults 0)
function(miss)
    string(CONCAT sentence ${ARGN})
    message("FAIL  ${name}: ${sentence}")
    math(EXPR faults "${faults} + 1")
    set(faults ${faults} PARENT_SCOPE)
endfunction()
# The first lines of what a compiler said that tell why.
function(show output)
    string(REGEX MATCHALL "[^\n]*(error|note)[^\n]*" lines "${output}")
    list(SUBLIST lines 0 6 lines)
    list(JOIN lines "\n" lines)
    message("${lines}")
endfunction()

if(NOT says)
    miss("the file has no line `// says: WORDS`")
endif()
foreach(compiler IN ITEMS g++ clang++)
    set(precompiled ${BINARY_DIR}/tests/${compiler}/precompiled.hpp)
    if(compiler STREQUAL "clang++")
        set(precompiled -include-pch ${precompiled}.gch)
    else()
        set(precompiled -Winvalid-pch -include ${precompiled})
    endif()
    set(compile ${compiler} @${BINARY_DIR}/graft.flags ${precompiled} -Wall -Wextra -Wconversion -Wshadow -Werror -I${tests} -fsyntax-only ${PAIR})

    execute_process(COMMAND ${compile} -DREFUSED OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE status)
    if(status EQUAL 0)
        miss("${compiler} compiled what must not compile")
    endif()
    foreach(line IN LISTS says)
        string(REGEX MATCH "^// says( \\(([^)]*)\\))?: *(.*)$" line "${line}")
        set(words "${CMAKE_MATCH_3}")
        if(CMAKE_MATCH_2 AND NOT CMAKE_MATCH_2 STREQUAL compiler)
            continue()
        endif()
        string(REPLACE ".*" "[^\n]*" within_a_line "${words}") # elsewhere `.` is any character, a new line too
        if(output MATCHES "${within_a_line}")
            message("      ${compiler}: ${CMAKE_MATCH_0}")
        else()
            miss("${compiler} refuses, without the words: ${words}")
            show("${output}")
        endif()
    endforeach()

    execute_process(COMMAND ${compile} OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        miss("${compiler} refuses the twin")
        show("${output}")
    endif()
endforeach()
if(faults)
    message(FATAL_ERROR "${PAIR}")
endif()
message("ok    ${name}: ${about}")
