// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/records/find_addresses.hpp>

#include <support/sensitive_values.hpp>

#include <doctest/doctest.h>

using namespace graft;

TEST_CASE("addresses of mail and of hosts: two thousand of each") {
    test::finds({sensitive::email, sensitive::ip_address});
}

TEST_CASE("an address of mail has a domain, and is no file") {
    test::all_of(sensitive::email, {"anna@example.org", "o'brien@mail.example.co.uk", "müller@exämple.de",
                                    "x+tag@a-b.io", "a@b.com.py", "x@xn--bcher-kva.example"});
    test::nothing_in({"git@github.com:owner/name.git", "img@2x.png", "img@2x.PNG", "x@y.py", "X@Y.PY", "main@util.cpp",
                      "a@b.yaml", "react@18.2.0", "user@host", "a@b", "@name and name@", "one@@two.com", "mail.@x.com",
                      "a@-b.com"});
}

TEST_CASE("a host is a public one; four small numbers want a word, or a port") {
    test::all_of(sensitive::ip_address,
                 {"93.184.216.34", "8.188.4.4", "2a02:1:2:3::4", "2001:0db9::1:1", "2001:4860:4860::8888"});
    CHECK(test::said("ping 8.8.8.8") == test::list{"ip_address 8.8.8.8"});
    CHECK(test::said("1.1.1.1:53") == test::list{"ip_address 1.1.1.1"});
    CHECK(test::said("DNS server 9.9.9.9") == test::list{"ip_address 9.9.9.9"});
    test::nothing_in({"version 93.184.216.34", "192.168.0.1 and 127.0.0.1 and 10.2.3.4 and 203.0.113.7",
                      "1.2.3.4 is a section", "from 1.2.3.4 to 1.2.4.1", "address 5.3.4.51 of the standard",
                      "EC 1.14.16.2", "256.1.1.1 and 1.2.3 and 1.2.3.4.5", "2001:db8::1", "2001:0db8::1",
                      "2001:0DB8:0:0:0:0:0:1", "std::vector<int>::size_type and 12:34:56", "2a02::1 alone",
                      "fe80::1:2:3"});
}
