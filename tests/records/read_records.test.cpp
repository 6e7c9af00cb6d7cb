// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/records/read_records.hpp>

#include <graft/store/posix.hpp>

#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;

namespace {

tuning_record only(const std::string& line) {
    const auto read = parse_records(line, "f").value();
    REQUIRE(read.refused.empty());
    REQUIRE(read.all.size() == 1);
    return read.all[0];
}
/// Why a row is refused that stands behind an empty line and a sound row.
error why(const std::string& line, const std::string& sound) {
    const auto read = parse_records("\n" + sound + "\n" + line + "\n", "f").value();
    REQUIRE(read.all.size() == 1);
    REQUIRE(read.refused.size() == 1);
    CHECK(read.refused[0].of == unit::line);
    CHECK(read.refused[0].where == 3);
    return read.refused[0];
}

const std::string completion = R"({"prompt": "a?", "completion": "b"})";
const std::string chat = R"({"messages": [{"role": "user", "content": "a?"}, {"role": "assistant", "content": "b"}]})";
const std::string alpaca   = R"({"instruction": "a?", "input": "", "output": "b"})";
const std::string sharegpt = R"({"conversations": [{"from": "human", "value": "a?"}, {"from": "gpt", "value": "b"}]})";
const std::string preference = R"({"prompt": "a?", "chosen": "b", "rejected": "c"})";

} // namespace

TEST_CASE("one lesson in every format is one record, with one hash") {
    const auto a = only(completion);
    CHECK(a.given == std::vector<record_turn>{{speaker::user, "a?"}});
    CHECK(a.answer == "b");
    CHECK(a.canonical() == R"({"given":[["user","a?"]],"answer":"b"})");
    // printf '%s' '{"given":[["user","a?"]],"answer":"b"}' | sha256sum
    CHECK(hex(a.digest()) == "bfb7d8e95631866db1274f8b537ef4764aec72e9392632ed51923b527ca49399");
    for (const auto& other : {chat, alpaca, sharegpt}) CHECK(only(other).digest() == a.digest());
    CHECK(
        only(
            R"({"prompt": [{"role": "user", "content": "a?"}], "completion": [{"role": "assistant", "content": "b"}]})")
            .digest() == a.digest());
    const auto parts = only(R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"},)"
                            R"( {"type": "text", "text": "?"}]}, {"role": "assistant", "content": "b"}], "id": 7})");
    CHECK(parts.digest() == a.digest());
    CHECK(parts.id == "7");

    const auto p = only(preference);
    CHECK(p.answer == "b");
    CHECK(p.rejected == "c");
    CHECK(p.digest() != a.digest());
    CHECK(only(R"({"chosen": [{"role": "user", "content": "a?"}, {"role": "assistant", "content": "b"}],)"
               R"( "rejected": [{"role": "user", "content": "a?"}, {"role": "assistant", "content": "c"}]})")
              .digest() == p.digest());
    CHECK(only(R"({"instruction": "a?", "output": "b", "chosen": "b", "rejected": "c"})").digest() == p.digest());
}

TEST_CASE("formats as other files have them") {
    const auto turn = [](const char* role, const char* text) {
        return std::string(R"({"role": ")") + role + R"(", "content": ")" + text + R"("})";
    };
    const std::string asked = turn("user", "a?"), good = turn("assistant", "b"), bad = turn("assistant", "c");
    // UltraFeedback: the prompt, and both conversations with it.
    const auto p = only(preference);
    CHECK(
        only(R"({"prompt": "a?", "chosen": [)" + asked + "," + good + R"(], "rejected": [)" + asked + "," + bad + "]}")
            .digest() == p.digest());
    CHECK(only(R"({"prompt": [)" + asked + R"(], "chosen": [)" + asked + "," + good + R"(], "rejected": [)" + asked +
               "," + bad + "]}")
              .digest() == p.digest());
    CHECK(only(R"({"prompt": "a?", "chosen": [)" + good + R"(], "rejected": [)" + bad + "]}").digest() == p.digest());
    const auto behind = only(R"({"prompt": "a?", "chosen": [)" + turn("system", "s") + "," + asked + "," + good +
                             R"(], "rejected": [)" + turn("system", "s") + "," + asked + "," + bad + "]}");
    CHECK(behind.given == std::vector<record_turn>{{speaker::system, "s"}, {speaker::user, "a?"}});
    CHECK(why(R"({"prompt": "other", "chosen": [)" + asked + "," + good + R"(], "rejected": [)" + asked + "," + bad +
                  "]}",
              preference)
              .what == fault::malformed);

    // A system beside the turns, in every format.
    const std::vector<record_turn> with_system = {{speaker::system, "s"}, {speaker::user, "a?"}};
    for (const auto& row : {completion, chat, alpaca, sharegpt, preference}) {
        const auto r = only(R"({"system": "s", )" + row.substr(1));
        CHECK(r.given == with_system);
        CHECK(only(R"({"system": "", )" + row.substr(1)).given == only(row).given);
        CHECK(only(R"({"system": null, )" + row.substr(1)).digest() == only(row).digest());
        CHECK(why(R"({"system": 3, )" + row.substr(1), row).what == fault::bad_format);
    }
    const std::string own = R"("messages": [)" + turn("system", "s") + "," + asked + "," + good + "]}";
    CHECK(only(R"({"system": "s", )" + own).given == with_system);
    CHECK(why(R"({"system": "t", )" + own, chat).subject == "f: system");

    // `conversations` of roles, and of both kinds.
    CHECK(only(R"({"conversations": [)" + asked + "," + good + "]}").digest() == only(sharegpt).digest());
    CHECK(only(R"({"conversations": [{"from": "human", "value": "a?"}, )" + good + "]}").digest() ==
          only(sharegpt).digest());
    CHECK(why(R"({"conversations": [)" + asked + "]}", sharegpt).subject == "f: conversations[0].role");

    // No tool is called where the list of calls is empty.
    const auto called = [&](const std::string& calls) {
        return R"({"messages": [)" + asked + R"(, {"role": "assistant", "content": "b", "tool_calls": )" + calls +
               "}]}";
    };
    CHECK(only(called("[]")).digest() == only(chat).digest());
    CHECK(only(called("null")).digest() == only(chat).digest());
    CHECK(why(called(R"([{"id": 1}])"), chat).what == fault::unsupported);

    // A document: all of it is learned, and nothing is given.
    const auto document = only(R"({"text": " a\n\nb ", "system": "s", "id": "d", "group": "g", "label": 3})");
    CHECK(document.given.empty());
    CHECK(document.answer == " a\n\nb ");
    CHECK(document.id == "d");
    CHECK(document.group == "g");
    CHECK(document.text() == " a\n\nb ");
    CHECK(document.exchange() == " a\n\nb ");
    CHECK(document.canonical() == R"({"given":[],"answer":" a\n\nb "})");
    CHECK(only(R"({"text": "a", "prompt": "a?", "completion": "b"})").digest() == only(completion).digest());
    CHECK(why(R"({"text": " \n"})", chat).what == fault::no_input);
    CHECK(why(R"({"text": ["a"]})", chat).what == fault::bad_format);

    // Numbers as ids.
    const auto id = [](const std::string& number) {
        return only(R"({"prompt": "a", "completion": "b", "id": )" + number + "}").id;
    };
    CHECK(id("7") == "7");
    CHECK(id("-7") == "-7");
    CHECK(id("18446744073709551615") == "18446744073709551615");
    CHECK(id("1.5") == "1.5");
    CHECK(id("123456789012345678901234567890") == "1.2345678901234568e+29");
}

TEST_CASE("an unsound row sets no format, and no id is given twice") {
    const auto read = parse_records(R"({"messages": []})"
                                    "\n" +
                                        completion +
                                        "\n"
                                        R"({"messages": 3})"
                                        "\n",
                                    "f")
                          .value();
    CHECK(read.format == record_format::completion);
    CHECK(read.all.size() == 1);
    CHECK(read.refused.size() == 2);
    const auto named = parse_records(completion + "\n" + R"({"id": "1", )" + completion.substr(1) + "\n" +
                                         R"({"id": "#1", )" + completion.substr(1) + "\n" + completion,
                                     "f")
                           .value();
    std::vector<std::string> ids;
    for (const auto& r : named.all) ids.push_back(r.id);
    CHECK(ids == std::vector<std::string>{"##1", "1", "#1", "4"});
    CHECK(named.refused.empty());
}

TEST_CASE("turns, systems, histories and labels") {
    const auto s = only(
        R"({"conversations": [{"from": "system", "value": "Be short."}, {"from": "human", "value": "1?"}, {"from": "gpt", "value": "one"},)"
        R"( {"from": "observation", "value": "t"}, {"from": "gpt", "value": "two"}], "id": "x", "metadata": {"group": 4, "source": "desk"}})");
    CHECK(s.given == std::vector<record_turn>{{speaker::system, "Be short."},
                                              {speaker::user, "1?"},
                                              {speaker::assistant, "one"},
                                              {speaker::tool, "t"}});
    CHECK(s.answer == "two");
    CHECK(s.id == "x");
    CHECK(s.group == "4");
    CHECK(s.source == "desk");
    CHECK(s.text() == "Be short.\n1?\none\nt\ntwo");

    const auto a = only(
        R"({"instruction": "Add.", "input": "1 1", "output": "2", "system": "Be exact.", "history": [["q", "r"]]})");
    CHECK(a.given == std::vector<record_turn>{{speaker::system, "Be exact."},
                                              {speaker::user, "q"},
                                              {speaker::assistant, "r"},
                                              {speaker::user, "Add.\n\n1 1"}});
    CHECK(a.id == "1"); // its line
}

TEST_CASE("rows are refused with file, line and place") {
    const auto is = [](const error& e, fault what, const std::string& subject) {
        CHECK(e.what == what);
        CHECK(e.subject == subject);
    };
    is(why(R"({"prompt": "a"})", completion), fault::absent, "f: completion");
    is(why(R"({"completion": "a"})", completion), fault::absent, "f: prompt");
    is(why(R"({"prompt": "a", "completion": ""})", completion), fault::no_input, "f: completion");
    is(why(R"({"prompt": "a", "completion": " \n"})", completion), fault::no_input, "f: completion");
    is(why(R"({"prompt": "a", "completion": 3})", completion), fault::bad_format, "f: completion");
    is(why(R"({"prompt": "a", "prompt": "b", "completion": "c"})", completion), fault::duplicate_id, "f: prompt");
    is(why("{\"prompt\": \"a\xFF\", \"completion\": \"c\"}", completion), fault::bad_utf8, "f");
    is(why(R"({"prompt": "a", "completion": "b")", completion), fault::truncated, "f");
    is(why(R"({"prompt": "a", "completion": "b"} x)", completion), fault::bad_format, "f");
    is(why("[]", completion), fault::bad_format, "f");
    is(why(R"({"question": "a", "answer": "b"})", completion), fault::bad_format, "f");
    is(why(R"({"prompt": "a", "completion": "b", "id": [1]})", completion), fault::bad_format, "f: id");
    is(why(R"({"prompt": "a", "completion": "b", "approved": "yes"})",
           R"({"prompt": "a", "completion": "b", "approved": true})"),
       fault::bad_format, "f: approved");
    is(why(R"({"messages": []})", chat), fault::no_input, "f: messages");
    is(why(R"({"messages": "a"})", chat), fault::bad_format, "f: messages");
    is(why(R"({"messages": [{"role": "robot", "content": "a"}, {"role": "assistant", "content": "b"}]})", chat),
       fault::unsupported, "f: messages[0].role");
    is(why(R"({"messages": [{"role": "user", "content": "a"}]})", chat), fault::unexpected, "f: messages[0].role");
    is(why(R"({"messages": [{"role": "assistant", "content": "b"}]})", chat), fault::no_input, "f: messages");
    is(why(R"({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": ""}]})", chat),
       fault::no_input, "f: messages[1].content");
    is(why(R"({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": null, "tool_calls": [{}]}]})",
           chat),
       fault::unsupported, "f: messages[1].tool_calls");
    is(why(R"({"messages": [{"role": "user", "content": [{"type": "image_url"}]}, {"role": "assistant", "content": "b"}]})",
           chat),
       fault::unsupported, "f: messages[0].content[0].type");
    is(why(R"({"conversations": [{"from": "human", "value": "a"}, {"from": "function_call", "value": "{}"}]})",
           sharegpt),
       fault::unsupported, "f: conversations[1].from");
    is(why(R"({"conversations": [{"from": "human", "value": "a"}, {"from": "gpt"}]})", sharegpt), fault::absent,
       "f: conversations[1].value");
    is(why(R"({"instruction": "a", "history": [["b"]], "output": "c"})", alpaca), fault::wrong_shape, "f: history[0]");
    is(why(R"({"prompt": "a", "chosen": "b"})", preference), fault::absent, "f: rejected");
    is(why(R"({"chosen": "b", "rejected": "c"})", preference), fault::absent, "f: prompt");
    is(why(R"({"prompt": "a", "chosen": "b", "rejected": "b"})", preference), fault::malformed, "f: rejected");
    is(why(R"({"chosen": [{"role": "user", "content": "a?"}, {"role": "assistant", "content": "b"}],)"
           R"( "rejected": [{"role": "user", "content": "other"}, {"role": "assistant", "content": "c"}]})",
           preference),
       fault::malformed, "f: rejected");
    const auto twice = parse_records(R"({"id": "a", "prompt": "a", "completion": "b"})"
                                     "\n"
                                     R"({"id": "a", "prompt": "c", "completion": "d"})",
                                     "f")
                           .value();
    CHECK(twice.all.size() == 1);
    is(twice.refused.at(0), fault::duplicate_id, "f: id");
    CHECK(describe(twice.refused[0]) == "f: id: line 2: the id is already there");
}

TEST_CASE("a file in two formats is refused as a whole, with both lines") {
    const std::string all[] = {completion, chat, alpaca, sharegpt, preference};
    for (const auto& a : all)
        for (const auto& b : all) {
            const auto read = parse_records(a + "\n\n" + a + "\n" + b + "\n", "f");
            CHECK(read.has_value() == (a == b));
            if (read) continue;
            CHECK(read.error().what == fault::malformed);
            CHECK(read.error().where == 4);
            CHECK(read.error().subject.ends_with("where line 1 is " +
                                                 std::string(name(parse_records(a).value().format.value()))));
        }
    CHECK(describe(parse_records(chat + "\n" + alpaca, "f").error()) ==
          "f: alpaca, where line 1 is chat: line 2: its content contradicts itself");
}

TEST_CASE("where anything is approved, only that is learned") {
    const auto row = [](const std::string& more) { return R"({"prompt": "a", "completion": "b")" + more + "}\n"; };
    const auto ids = [](const std::string& text) {
        std::string all;
        for (const auto& r : parse_records(text, "f").value().all) all += r.id;
        return all;
    };
    CHECK(ids(row("") + row("")) == "12");
    CHECK(ids(row("") + row(R"(, "reviewed_by": "mia")")) == "2");
    CHECK(ids(row("") + row(R"(, "metadata": {"reviewed_by": "mia"})")) == "2");
    CHECK(ids(row(R"(, "approved": true)") + row(R"(, "approved": false, "reviewed_by": "mia")") + row("")) == "1");
    CHECK(ids(row("") + row(R"(, "approved": "true")")) == ""); // a row that is refused asks for it too
    CHECK(ids(row(R"(, "reviewed_by": "")") + row("")) == "");  // says that it wants an approval, and has none
    CHECK(ids(row(R"(, "reviewed_by": null)") + row("")) == "12");
    CHECK(parse_records(row(R"(, "approved": true)") + row("") + row("")).value().unapproved == 2);
    const auto asked = parse_records(row(R"(, "approved": true)") + row(""), "f", {.approval = false}).value();
    CHECK(asked.all.size() == 2);
    CHECK(asked.unapproved == 0);
}

TEST_CASE("byte-order marks, carriage returns, arrays, limits, emptiness") {
    CHECK(parse_records("\xEF\xBB\xBF" + completion + "\r\n\r\n" + completion + "\r\n").value().all.size() == 2);
    const auto array = parse_records(" [" + chat + ",\n" + chat + ", 3]", "f").value();
    CHECK(array.all.size() == 2);
    CHECK(array.all[1].row == 1);
    REQUIRE(array.refused.size() == 1);
    CHECK(array.refused[0].of == unit::row);
    CHECK(array.refused[0].where == 2);
    CHECK(array.refused[0].subject == "f: [2]");
    CHECK(parse_records("[" + chat, "f").error().what == fault::truncated);
    CHECK(parse_records("").value().all.empty());
    CHECK(!parse_records("").value().format);
    CHECK(parse_records(completion, "f", {.file_bytes = 8}).error().what == fault::too_large);
    CHECK(parse_records(completion, "f", {.row_bytes = 8}).value().refused.at(0).what == fault::too_large);
    CHECK(parse_records(R"({"prompt": )" + std::string(100, '[') + std::string(100, ']') + "}")
              .value()
              .refused.at(0)
              .what == fault::too_large);
    CHECK(load_records(posix_files{}, "/no/such/file").error().what == fault::not_found);
}

TEST_CASE("no prefix of a file, and no byte of it changed, is taken for more than it says") {
    const std::string text = completion + "\n" + completion + "\n";
    for (std::size_t n = 0; n <= text.size(); ++n) {
        const auto read = parse_records(text.substr(0, n)).value();
        CHECK(read.all.size() == (n >= completion.size()) + (n >= 2 * completion.size() + 1));
    }
    for (std::size_t at = 0; at < completion.size(); ++at)
        for (const char c : {'\0', '"', '{', '}', '\\', '\xC3', 'x'}) {
            std::string other = completion;
            other[at]         = c;
            const auto read   = parse_records(other);
            if (read) CHECK(read->all.size() + read->refused.size() == 1);
        }
}

TEST_CASE("published instructions, as they come") {
    NEEDS_SHARED(folder, "data/tuning/instructions");
    const auto plain = load_records(posix_files{}, (folder / "instruction-data.json").string()).value();
    CHECK(plain.format == record_format::alpaca);
    CHECK(plain.all.size() + plain.refused.size() == 1100);
    CHECK(plain.refused.empty());
    const auto pairs = load_records(posix_files{}, (folder / "instruction-data-with-preference.json").string()).value();
    CHECK(pairs.format == record_format::preference);
    CHECK(pairs.all.size() + pairs.refused.size() == 1100);
    for (const auto& e : pairs.refused) CHECK(e.what == fault::malformed); // chosen and rejected are equal
    MESSAGE(pairs.refused.size() << " of 1100 preferences have equal answers");
}

TEST_CASE("questions as spoken and as meant are rows, or the members of one object") {
    const auto one = only(R"({"disfluent": "Where no when?", "original": "When?", "id": "x"})");
    CHECK(one.given == std::vector<record_turn>{{speaker::user, "Where no when?"}});
    CHECK(one.answer == "When?");
    CHECK(one.digest() == only(R"({"prompt": "Where no when?", "completion": "When?"})").digest());
    const auto all =
        parse_records("{\n \"a\": {\"original\": \"When?\", \"disfluent\": \"Where no when?\"},\n \"b\": 7,\n"
                      " \"c\": {\"original\": \"\", \"disfluent\": \"x\"},\n"
                      " \"d\\n\": {\"original\": \"Who?\", \"disfluent\": \"Whom no who?\", \"id\": \"own\"}}",
                      "f")
            .value();
    CHECK(all.format == record_format::rewriting);
    REQUIRE(all.all.size() == 2);
    CHECK(all.all[0].id == "a");
    CHECK(all.all[0].digest() == one.digest());
    CHECK(all.all[1].id == "own");
    CHECK(all.all[1].row == 3);
    REQUIRE(all.refused.size() == 2);
    CHECK(all.refused[0].what == fault::bad_format);
    CHECK(all.refused[0].of == unit::row);
    CHECK(all.refused[0].where == 1);
    CHECK(all.refused[1].what == fault::no_input);
    // One row alone is a row, whatever it holds beside; an object of other things is none.
    CHECK(only(R"({"prompt": "a?", "completion": "b", "metadata": {"prompt": "x", "completion": "y"}})").answer == "b");
    CHECK(parse_records(R"({"a": {"b": 1}})", "f").value().refused.size() == 1);
    CHECK(parse_records("{}", "f").value().refused.size() == 1);
}

TEST_CASE("Disfl-QA is read whole") {
    NEEDS_SHARED(file, "data/tuning/disfl-qa/train.json");
    const auto read = load_records(posix_files{}, file.string()).value();
    CHECK(read.all.size() == 7181);
    REQUIRE(read.refused.size() == 1); // an empty question
    CHECK(read.refused[0].what == fault::no_input);
    CHECK(read.all[0].id == "5a5918ff3e1742001a15cf7e");
    CHECK(read.all[0].answer == "What do unstable isotope studies indicate?");
}
