// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A text that is in no folder becomes the document that a folder would have made of it.

#include <graft/load/folder.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;

TEST_CASE("bytes are read as a file of that name would be") {
    std::vector<error> reports;
    const std::string  text = "---\ntitle: Tea\nyear: 2020\n---\n# Green\n\nBoil it.\n";
    auto               d    = read_text("tea.md", text, reports);
    REQUIRE(d.has_value());
    CHECK(reports.empty());
    CHECK(d->kind == text_format::markdown);
    CHECK(d->title == "Tea");
    CHECK(d->fields.find("year") != nullptr);
    CHECK(d->text.substr(d->body, 7) == "# Green");
    CHECK(read_text("-", text, reports)->kind == text_format::plain);
    corpus docs;
    CHECK(docs.add(std::move(*d)).has_value());
}

TEST_CASE("repairs are reported and map back, and what is no text is refused") {
    std::vector<error> reports;
    const auto         d = read_text("-", "Caf\xE9 au lait. Tea.", reports);
    REQUIRE(d.has_value());
    CHECK(reports == std::vector<error>{{fault::bad_utf8, unit::byte, 3, "-"}});
    const auto tea = d->text.find("Tea");
    CHECK(d->origin(tea, tea + 3).begin == 14);
    CHECK(read_text("-", std::string("a\0b", 3), reports).error() == error{fault::not_text, unit::byte, 1, "-"});
    CHECK(read_text("-", "Caf\xE9 au lait. Tea.", reports, utf8_policy::skip).error().what == fault::bad_utf8);
}

TEST_CASE("text in another encoding is told from what is no text") {
    std::vector<error> reports;
    const auto         why = [&](std::string_view name, std::string_view bytes) {
        auto d = read_text(name, std::string(bytes), reports);
        return d ? std::string("text") : std::string(graft::name(d.error().what));
    };
    using sv = std::string_view;
    CHECK(why("a.md", "Die M\xFChle \xF6"
                      "ffnet fr\xFCh f\xFCr G\xE4ste \x96 t\xE4glich.") == "other_encoding");   // 1252
    CHECK(why("a.md", "\x93\xFA\x96\x7B\x8C\xEA\x82\xCC\x95\xB6\x8F\xCD") == "other_encoding"); // Shift-JIS
    CHECK(why("a.md", "\xC6\xFC\xCB\xDC\xB8\xEC\n\xA4\xCE") == "other_encoding");               // EUC-JP
    CHECK(why("a.md", "\xCF\xF0\xE8\xE2\xE5\xF2, \xEC\xE8\xF0!\r\n") == "other_encoding");      // 1251
    CHECK(why("a.md", "\x1B$BF|K\\8l\x1B(B") == "other_encoding");                              // ISO-2022-JP
    CHECK(why("a.md", sv("T\0h\0e\0 \0f\0o\0x\0", 14)) == "other_encoding");                    // UTF-16 without a mark
    CHECK(why("a.md", sv("\0T\0h\0e\0 \0f\0o\0x", 14)) == "other_encoding");
    CHECK(why("a.md", sv("\1\0\0\0\2\0\0\0\3\0\0\0", 12)) == "not_text"); // numbers
    CHECK(why("a.md", sv("\x7F"
                         "ELF\2\1\1\0\0\0",
                         10)) == "not_text");
    CHECK(why("a.jpg", "\xFF\xD8\xFF\xE0") == "not_text"); // a picture by its name
    CHECK(why("a.bin", "\x1F\x8B\x08\x01\x02\xFF\xFE\x03") == "not_text");
    CHECK(why("a.md", "Caf\xE9 au lait. Tea, much tea.") == "text"); // repaired, and reported
    CHECK(reports.size() == 1);
}

TEST_CASE("UTF-16 and UTF-32 are decoded by their mark, and every span maps back to the file's bytes") {
    const std::u32string all = U"\uFEFF---\ntitle: \u00DCber\n---\n# Caf\u00E9\n\nEin \U0001F600 und \u4E2D\u6587.\n";
    std::string          utf8;
    for (const char32_t c : all) unicode::append_utf8(utf8, c);
    for (const unicode::encoding e : {unicode::encoding::utf16_le, unicode::encoding::utf16_be,
                                      unicode::encoding::utf32_le, unicode::encoding::utf32_be}) {
        CAPTURE(static_cast<int>(e));
        std::string              bytes;
        std::vector<std::size_t> at; // of each character
        const auto               put = [&](char32_t unit) {
            const auto n = unicode::unit_of(e);
            for (std::size_t i = 0; i < n; ++i)
                bytes += static_cast<char>(
                    unit >> 8 * (e == unicode::encoding::utf16_le || e == unicode::encoding::utf32_le ? i : n - 1 - i) &
                    0xFF);
        };
        for (const char32_t c : all) {
            at.push_back(bytes.size());
            if (unicode::unit_of(e) == 4 || c < 0x10000) put(c);
            else put(0xD800 + ((c - 0x10000) >> 10)), put(0xDC00 + ((c - 0x10000) & 0x3FF));
        }
        at.push_back(bytes.size());
        std::vector<error> reports;
        const auto         d = read_text("a.md", bytes, reports).value();
        CHECK(reports.empty());
        CHECK(d.text == utf8);
        CHECK(d.written == e);
        CHECK(d.title == "\u00DCber");
        CHECK(d.text.substr(d.body, 1) == "#");
        std::size_t begin = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const std::size_t end = begin + unicode::encoded_length(all[i]);
            CHECK(d.origin(begin, end) == byte_span{at[i], at[i + 1]});
            if (end - begin > 1) CHECK(d.origin(begin + 1, begin + 2) == byte_span{at[i], at[i + 1]}); // cut: whole
            CHECK(d.origin(begin, utf8.size()) == byte_span{at[i], bytes.size()});
            CHECK(d.origin(begin, begin) == byte_span{at[i], at[i]});
            begin = end;
        }
        // Kept and read again, it is the same.
        byte_writer w;
        auto        kept = d;
        kept.id          = document_id{1};
        kept.save(w);
        byte_reader r(w.bytes());
        const auto  again = document::load(r).value();
        CHECK(again.written == e);
        CHECK(again.origin(d.body, d.body + 1) == d.origin(d.body, d.body + 1));
    }
}

TEST_CASE("a long text in UTF-16 maps back from any place, in steps or without") {
    std::u32string all = U"\uFEFF";
    while (all.size() < 100'000) all += U"a\u00E9\u4E2D\U0001F600";
    for (const unicode::encoding e : {unicode::encoding::utf16_le, unicode::encoding::utf32_le}) {
        std::string              utf8;
        std::vector<std::size_t> from, at; // bytes of the text, of the file
        std::size_t              wide = 0;
        for (const char32_t c : all) {
            from.push_back(utf8.size());
            at.push_back(wide);
            unicode::append_utf8(utf8, c);
            wide += unicode::unit_of(e) == 4 || c >= 0x10000 ? 4u : 2u;
        }
        const auto steps = unicode::unit_steps(utf8, e);
        CHECK(steps.size() == (utf8.size() + 65535) / 65536);
        for (std::size_t i = 0; i + 1 < all.size(); i += i % 1000 < 5 ? 1u : 97u) {
            REQUIRE(origin(utf8, e, steps, wide, {from[i], from[i + 1]}) == byte_span{at[i], at[i + 1]});
            if (i % 1000 == 0)
                REQUIRE(origin(utf8, e, {}, wide, {from[i], from[i + 1]}) == byte_span{at[i], at[i + 1]});
        }
        CHECK(origin(utf8, e, steps, wide, {0, utf8.size()}) == byte_span{0, wide});
        CHECK(origin(utf8, e, steps, wide, {utf8.size(), utf8.size() + 9}) == byte_span{wide, wide});
    }
}

TEST_CASE("damaged UTF-16 is repaired, reported with its byte, or refused") {
    using namespace std::string_literals;
    std::vector<error> reports;
    const auto         wide = [](std::string_view text) {
        std::string bytes = "\xFF\xFE";
        for (const char c : text) (bytes += c) += '\0';
        return bytes;
    };
    // Half a pair, and an odd byte at the end.
    const std::string bytes = wide("The fox lives here, ") + "\x3D\xD8"s + wide("as ever.").substr(2) + "x";
    const auto        d     = read_text("a.txt", bytes, reports).value();
    CHECK(reports == std::vector<error>{{fault::bad_encoding, unit::byte, 42, "a.txt"}});
    CHECK(d.text == "\uFEFFThe fox lives here, \uFFFDas ever.\uFFFD");
    REQUIRE(d.patches.size() == 2);
    CHECK(d.patches[1] == unicode::patch{d.text.size() - 3, bytes.size() - 1, 1});
    CHECK(d.origin(d.text.size() - 3, d.text.size()) == byte_span{bytes.size() - 1, bytes.size()});
    const std::size_t as = d.text.find("as ever");
    CHECK(d.origin(as, as + 2) == byte_span{44, 48});
    byte_writer w;
    auto        kept = d;
    kept.id          = document_id{1};
    kept.save(w);
    byte_reader r(w.bytes());
    CHECK(document::load(r).value().patches == d.patches);
    CHECK(read_text("a.txt", bytes, reports, utf8_policy::skip).error() ==
          error{fault::bad_encoding, unit::byte, 42, "a.txt"});
    CHECK(read_text("a.txt", wide("a") + "\0\0"s, reports).error() == error{fault::not_text, unit::byte, 4, "a.txt"});
    CHECK(read_text("a.txt", "\xFF\xFE\x00\xD8\x00\xD8\x00\xD8"s, reports).error().what == fault::not_text);
    for (const std::string& mark : {"\xFF\xFE"s, "\xFE\xFF"s, "\xFF\xFE\0\0"s, "\0\0\xFE\xFF"s}) {
        const auto empty = read_text("a.txt", mark, reports).value();
        CHECK(empty.body == empty.text.size());
    }
    CHECK(unicode::to_utf8("\xFE\xFF\xD8\x3D\xDE\x00"s, unicode::encoding::utf16_be).text == "\uFEFF\U0001F600");
    CHECK(unicode::to_utf8(std::string_view("\xFF\xFE\0\0\0\0\x11\0", 8), unicode::encoding::utf32_le).patches.size() ==
          1);
}
