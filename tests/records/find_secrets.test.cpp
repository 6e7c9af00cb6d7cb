// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/records/find_secrets.hpp>

#include <support/sensitive_values.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace graft;

TEST_CASE("keys and tokens: two thousand of each") {
    test::finds({sensitive::private_key, sensitive::jwt, sensitive::aws_key, sensitive::github_token,
                 sensitive::slack_token, sensitive::api_key});
}

namespace {

std::string block(const std::string& label, const std::string& body, const std::string& end) {
    return "-----BEGIN " + label + "-----\n" + body + "-----END " + end + "-----";
}

} // namespace

TEST_CASE("a private key ends where its own label does, and is of base64") {
    test::maker       m(3);
    const std::string line = m.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 64) + "\n",
                      body = line + line;
    const auto        all  = [](const std::string& text) { return test::list{"private_key " + text}; };
    const std::string rsa  = block("RSA PRIVATE KEY", body, "RSA PRIVATE KEY");
    CHECK(test::said("x " + rsa + " y") == all(rsa));
    CHECK(test::said(rsa + "\n" + rsa).size() == 2);
    const std::string sealed =
        block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n" + body, "RSA PRIVATE KEY");
    CHECK(test::said(sealed) == all(sealed));
    const std::string pgp =
        block("PGP PRIVATE KEY BLOCK", "Version: 1\n\n" + body + "=abcd\n", "PGP PRIVATE KEY BLOCK");
    CHECK(test::said(pgp) == all(pgp));
    // Without an end, or with one of something else, as far as base64 goes.
    const std::string open = "-----BEGIN PRIVATE KEY-----\n" + line + line.substr(0, 64);
    CHECK(test::said(open) == all(open));
    CHECK(test::said(open + "\n-----END CERTIFICATE-----") == all(open));
    CHECK(test::said(open + "\nand so on.\n-----END PRIVATE KEY-----") == all(open));
    const std::string of_json = "-----BEGIN PRIVATE KEY-----\\n" + line.substr(0, 64) + "\\n-----END PRIVATE KEY-----";
    CHECK(test::said("\"" + of_json + "\"") == all(of_json));
    for (const std::string& text :
         {std::string(
              "It begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----, as a rule of long "
              "standing says."),
          block("PRIVATE KEY", "...\n", "PRIVATE KEY"), block("PRIVATE KEY", "<your key here>\n", "PRIVATE KEY"),
          block("CERTIFICATE", body, "CERTIFICATE"), block("PUBLIC KEY", body, "PUBLIC KEY")}) {
        CAPTURE(text);
        CHECK(test::said(text).empty());
    }
}

TEST_CASE("a private key in base64 once more") {
    // printf -- '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n' | base64 -w0; the next of RSA and of a certificate
    const std::string plain = "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2UUlCQURBTkJna3Foa2lHOXcwQkFRRUZBQVNDQktjd2dn"
                              "U2pBZ0VBQW9JQkFRQzdWSlRVdDlVczhjS2oK";
    CHECK(test::said("tls.key: " + plain) == test::list{"private_key " + plain});
    const std::string rsa = "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFdlFJQkFEQU5CZ2txaGtpRzl3MEJBUUVGQUFTQ0JLY3"
                            "dnZ1NqQWdFQUFvSUJBUUM3VkpUVXQ5VXM4Y0tqCg==";
    CHECK(test::said(rsa) == test::list{"private_key " + rsa});
    CHECK(test::said("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUV2UUlCQURBTkJna3Foa2lHOXcwQkFRRUZBQVNDQktjd2dnU2pBZ0VBQ"
                     "W9JQkFRQzdWSlRVdDlVczhjS2oK")
              .empty());
    CHECK(test::said("LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t").empty());
}

TEST_CASE("what only begins like a wrapped key is read once, however often it begins") {
    std::string all;
    for (int i = 0; i < 100000; ++i) all += "LS0tLS1CRUdJTi/"; // 1.5 MB in one run of base64
    test::nothing_in({all.c_str()});
}

TEST_CASE("what shows where a key goes is none") {
    test::nothing_in({"hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "ghp_XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
                      "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                      "sk_test_your_key_goes_here", "sk_live_0000000000000000000000",
                      "AIzaXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", "npm_000000000000000000000000000000000000",
                      "sk-1234567890abcdefABCDEF1234567890", "ghp_short", "sk-learn-is-a-library-for-machine-learning",
                      "AKIAIOSFODNN7example", "eyJhbGciOiJIUzI1NiJ9 alone"});
}
