// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lines of JSON as records: what is taken, what is refused and where, and what is safe to be given.

#include <doctest/doctest.h>

#if __has_include(<nlohmann/json.hpp>)

#    include "../../examples/support/records.hpp"

#    include <fcntl.h>
#    include <filesystem>
#    include <fstream>
#    include <string>
#    include <unistd.h>
#    include <vector>

using namespace tool;
namespace fs = std::filesystem;

namespace {

/// A console, and the command line behind it.
struct desk {
    char      name[5] = "test", json[7] = "--json";
    char*     argv[2] = {name, json};
    arguments args{2, argv, "test", "", "", {}};
    console   say{args};
};

/// A file that is gone afterwards.
struct scratch {
    fs::path path = fs::temp_directory_path() / ("graft-records-" + std::to_string(getpid()));
    explicit scratch(const std::string& content) { std::ofstream(path, std::ios::binary) << content; }
    ~scratch() { fs::remove_all(path); }
};

std::string repeated(const std::string& s, std::size_t n) {
    std::string all;
    for (; n > 0; --n) all += s;
    return all;
}

} // namespace

TEST_CASE("a record is an object with a text") {
    const auto r = parse_record(R"({"_id":7,"title":"T","text":"x","metadata":{"a":1}})");
    REQUIRE(r.has_value());
    CHECK(r->id == "7");
    CHECK(r->title == "T");
    CHECK(r->text == "x");
    CHECK(r->metadata["a"] == 1);
    CHECK(r->given_id == "7");
    CHECK(parse_record(R"({"id":"a\"b","text":"x"})")->given_id == R"("a\"b")");
    CHECK(parse_record(R"({"id":null,"text":"x"})")->given_id.empty());
    CHECK(parse_record(R"({"id":"","_id":"z","text":"x"})")->given_id == R"("z")");
    CHECK(parse_record(R"({"question":"why"})")->text == "why");
    for (const char* bad : {"", "[]", "5", "{", R"({"text":5})", R"({"text":["x"]})", R"({"text":null})",
                            R"({"title":"t"})", R"({"text":"x","title":1})", R"({"text":"x","id":[]})",
                            R"({"text":"x","metadata":[1]})", "{\"text\":\"\xFF\"}"})
        CHECK_MESSAGE(!parse_record(bad).has_value(), bad);
}

TEST_CASE("brackets nest a hundred deep and no deeper, however many") {
    const auto line = [](std::size_t n) {
        return R"({"text":"[[[","metadata":{"a":)" + repeated("[", n) + repeated("]", n) + "}}";
    };
    CHECK(nesting(line(3)) == 5);
    CHECK(nesting(R"("a\"[[" ]]]] [)") == 1);
    CHECK(parse_record(line(98)).has_value());
    CHECK(!parse_record(line(99)).has_value());
    CHECK(!parse_record(line(200'000)).has_value());
    CHECK(!parse_record(R"({"text":"x","id":)" + repeated("[", 200'000)).has_value());
}

TEST_CASE("a file is read line by line, and what is refused is counted") {
    const desk    here;
    const scratch file("\xEF\xBB\xBF{\"id\":\"a\",\"text\":\"one\"}\r\n\n{\"text\":\"two\"}\nnonsense\n{\"id\":\"a\","
                       "\"text\":\"again\"}\n"
                       "{\"id\":\"b\",\"text\":\"last\"}");
    std::size_t   refused = 0;
    // The reports go to stderr, which the tests keep clean: only their number is of interest here.
    std::fflush(stderr);
    const int saved = dup(2), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 2);
    const auto records = read_records(file.path.string(), here.say, refused);
    dup2(saved, 2), close(saved), close(nowhere);
    REQUIRE(records.has_value());
    CHECK(refused == 2);
    REQUIRE(records->size() == 3);
    CHECK((*records)[0].id == "a");
    CHECK((*records)[0].text == "one");
    CHECK((*records)[1].id == "3");
    CHECK((*records)[2].id == "b");
    CHECK((*records)[2].line == 6);
}

TEST_CASE("a file that cannot be read says why") {
    const auto why = [](const std::string& file) { return read_input(file).error().what; };
    CHECK(why("/no/such/file") == graft::fault::not_found);
    CHECK(why("/") == graft::fault::not_a_file);
    const scratch secret("x");
    fs::permissions(secret.path, fs::perms::none);
    if (geteuid() != 0) CHECK(why(secret.path.string()) == graft::fault::unreadable);
}

TEST_CASE("metadata keeps lists and great numbers") {
    const auto r = parse_record(
        R"({"text":"x","metadata":{"tags":["a",1,null],"n":18446744073709551615,"i":-3,"b":true,"f":0.5,"o":{},"z":null}})");
    REQUIRE(r.has_value());
    const auto fields = metadata_of(*r);
    CHECK(fields.size() == 5);
    CHECK(*fields.find("tags") == graft::field_value(graft::value_list{std::string("a"), std::int64_t{1}}));
    CHECK(*fields.find("n") == graft::field_value(18446744073709551615.0));
    CHECK(*fields.find("i") == graft::field_value(std::int64_t{-3}));
    CHECK(*fields.find("b") == graft::field_value(true));
    CHECK(*fields.find("f") == graft::field_value(.5));
}

#endif
