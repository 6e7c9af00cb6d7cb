# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# cmake -DPROGRAM=… -DRUN_BY=… -DTO=… -P discover.cmake
#
# Asks a test program for its cases and writes one CTest test a case, `unit/FOLDER/NOUN: its sentence`, with the place where it stands, so that
# an editor can run one and jump to it. doctest brings a module for this; of 2.4.9 it takes a sentence with a semicolon for two
# cases, which then pass because nothing matches them, and runs sentences that two files share twice.

execute_process(COMMAND ${RUN_BY} ${PROGRAM} --list-test-cases --reporters=xml
    OUTPUT_VARIABLE listed ERROR_VARIABLE said RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} does not list its cases (${status}): ${said}")
endif()

# What CMake's lists would take apart; `<` stands in no attribute of XML.
string(REPLACE ";" "<59>" listed "${listed}")
string(REPLACE "[" "<91>" listed "${listed}")
string(REPLACE "]" "<93>" listed "${listed}")
string(REPLACE "\\" "<92>" listed "${listed}")
string(REGEX MATCHALL "<TestCase [^\n]*" cases "${listed}")
set(script "")
foreach(case IN LISTS cases)
    if(NOT case MATCHES " name=\"([^\"]*)\"")
        message(FATAL_ERROR "a case of ${PROGRAM} has no name: ${case}")
    endif()
    set(sentence "${CMAKE_MATCH_1}")
    if(NOT case MATCHES " filename=\"([^\"]*/tests/([^\"]*)\\.(test|alone)\\.cpp)\" line=\"([0-9]+)\"")
        message(FATAL_ERROR "a case of ${PROGRAM} stands in no file of tests/: ${case}")
    endif()
    set(file "${CMAKE_MATCH_1}")
    set(noun "${CMAKE_MATCH_2}")
    set(line "${CMAKE_MATCH_4}")
    string(REPLACE "," "<92>," filter "${sentence}") # a comma begins the next filter
    string(APPEND script "add_test([==[unit/${noun}: ${sentence}]==] ${RUN_BY} [==[${PROGRAM}]==] "
        "[==[--source-file=${file}]==] [==[--test-case=${filter}]==])\n"
        "set_tests_properties([==[unit/${noun}: ${sentence}]==] PROPERTIES LABELS unit "
        "FAIL_REGULAR_EXPRESSION \"test cases: +0 \" DEF_SOURCE_LINE [==[${file}:${line}]==])\n")
endforeach()
string(REPLACE "<59>" ";" script "${script}")
string(REPLACE "<91>" "[" script "${script}")
string(REPLACE "<93>" "]" script "${script}")
string(REPLACE "<92>" "\\" script "${script}")
string(REPLACE "&lt;" "<" script "${script}")
string(REPLACE "&gt;" ">" script "${script}")
string(REPLACE "&quot;" "\"" script "${script}")
string(REPLACE "&apos;" "'" script "${script}")
string(REPLACE "&amp;" "&" script "${script}")
file(WRITE "${TO}" "${script}")
