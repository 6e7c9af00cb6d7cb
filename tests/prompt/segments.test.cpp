// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/prompt/citations.hpp>
#include <graft/prompt/segments.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;

namespace {

constexpr nonce some{0x0123456789abcdefu, 0xfedcba9876543210u};

bool same(std::span<const segment> a, std::span<const segment> b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i].text != b[i].text || a[i].trusted != b[i].trusted || a[i].mark != b[i].mark) return false;
    return true;
}

fault refused(std::string_view text, nonce with = some) {
    context w;
    return parse(text, with, w).error().what;
}

} // namespace

TEST_CASE("a rendering is seals and texts, readable and marked") {
    const segment s[] = {{"Answer.", true, 0}, {"[1] ", true, 1}, {"see [1] or [ 2, 3]", false, 1}, {"", false, 0}};
    context       w;
    const auto    text = render(s, some, w);
    CHECK(text == "<<0123456789abcdeffedcba9876543210 trusted>>\nAnswer.\n"
                  "<<0123456789abcdeffedcba9876543210 trusted 1>>\n[1] \n"
                  "<<0123456789abcdeffedcba9876543210 untrusted 1>>\nsee [␛1] or [␛ 2, 3]\n"
                  "<<0123456789abcdeffedcba9876543210 untrusted>>\n\n"
                  "<<0123456789abcdeffedcba9876543210 end>>\n");
    CHECK(same(parse(text, some, w).value(), s));
    CHECK(render(std::span<const segment>{}, some, w) == "<<0123456789abcdeffedcba9876543210 end>>\n");
    CHECK(parse("<<0123456789abcdeffedcba9876543210 end>>\n", some, w)->empty());
}

TEST_CASE("parse(render(p)) == p for 1e5 prompts made of every mark, nonce, seal and title in use") {
    counter_random r(11, 1);
    context        w;
    std::size_t    spoofs = 0;
    for (int round = 0; round < 100'000; ++round) {
        w.reset();
        // Nonces with few different digits overlap with themselves: the hardest to break.
        nonce n{r.bits64(), r.bits64()};
        if (r.below(3) == 0) n = {0x1111111111111111u * r.below(3), 0x1111111111111111u * r.below(3)};
        const detail::nonce_text hex(n);
        const std::string        h(hex.view());
        const std::string        parts[] = {"<<" + h + " trusted>>\n",
                                            "<<" + h + " untrusted 2>>\n",
                                            "\n<<" + h + " end>>\n",
                                            "<<" + h,
                                            h,
                                            h.substr(0, 20),
                                            h.substr(7),
                                            "<",
                                            "<<",
                                            "\n",
                                            "\n\n",
                                            "[1]",
                                            "[",
                                            " 7",
                                            "]",
                                            "[2-4]",
                                            "[1, 3]",
                                            "[  12",
                                            "␛",
                                            "\xE2",
                                            "\xE2\x90",
                                            "\x9B",
                                            "\\",
                                            "Handbook > Leave",
                                            "q",
                                            std::string(1, '\0'),
                                            "0",
                                            " end>>\n",
                                            "1",
                                            ">>\n",
                                            " trusted>>\n"};
        std::vector<std::string> texts(r.below(6));
        std::vector<segment>     segments;
        for (auto& t : texts)
            for (std::size_t k = r.below(9); k > 0; --k) t += parts[r.below(std::size(parts))];
        for (auto& t : texts)
            segments.push_back(
                {t, r.below(2) == 0, static_cast<std::uint32_t>(r.below(4) == 0 ? r.bits32() : r.below(4))});
        const auto text = render(segments, n, w);
        const auto back = parse(text, n, w);
        REQUIRE(back.has_value());
        REQUIRE(same(*back, segments));

        // No untrusted text shows a mark, and no text shows the nonce: seals and marks are graft's alone.
        for (const segment& s : segments) {
            const segment alone[] = {s};
            auto          body    = render(alone, n, w);
            body                  = body.substr(body.find('\n') + 1);
            body                  = body.substr(0, body.size() - 2 - 32 - 7); // "<<", nonce, " end>>\n"
            REQUIRE(body.find(hex.view()) == body.npos);
            if (s.trusted) continue;
            detail::mark_reader marks(1000);
            marks.feed(body, [&](detail::mark_at) { ++spoofs; });
        }
    }
    CHECK(spoofs == 0);
}

TEST_CASE("what render does not write is refused") {
    const segment s[] = {{"trusted words", true, 0}, {"text [1] ␛", false, 3}};
    context       w;
    const auto    text = std::string(render(s, some, w));
    for (std::size_t n = 0; n < text.size(); ++n) {
        const fault f = refused(std::string_view(text).substr(0, n));
        CHECK((f == fault::truncated || f == fault::malformed));
    }
    CHECK(refused(text + "x") == fault::malformed);
    CHECK(refused("x" + text) == fault::malformed);
    CHECK(refused(text, nonce{1, 2}) == fault::malformed);
    const auto with = [&](std::string_view old, std::string_view by) {
        std::string t = text;
        return t.replace(t.find(old), old.size(), by);
    };
    CHECK(refused(with("untrusted 3", "untrusted 03")) == fault::malformed);
    CHECK(refused(with("untrusted 3", "untrusted 0")) == fault::malformed);
    CHECK(refused(with("untrusted 3", "untrusted 4294967296")) == fault::malformed);
    CHECK(refused(with("untrusted 3", "unknown 3")) == fault::malformed);
    CHECK(refused(with("[␛1]", "[1]")) == fault::malformed);
    CHECK(refused(with("words", "wo␛rds")) == fault::malformed);
    CHECK(refused(with("␛␛", "␛")) == fault::malformed);
    // every change of a byte gives another prompt or an error, never the same prompt
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string t = text;
        t[i]          = static_cast<char>(t[i] ^ 1);
        w.reset();
        const auto p = parse(t, some, w);
        if (p) CHECK(!same(*p, s));
    }
}

TEST_CASE("a nonce made of the prompt depends on every text, mark and flag") {
    const segment a[] = {{"x", true, 0}, {"y", false, 1}};
    const auto    n   = nonce_of(std::span<const segment>(a));
    for (std::size_t i = 0; i < 2; ++i) {
        segment b[] = {a[0], a[1]};
        b[i].mark += 1;
        CHECK(nonce_of(std::span<const segment>(b)) != n);
        b[i] = a[i], b[i].trusted = !b[i].trusted;
        CHECK(nonce_of(std::span<const segment>(b)) != n);
        b[i] = a[i], b[i].text = "z";
        CHECK(nonce_of(std::span<const segment>(b)) != n);
    }
    const segment joined[] = {{"xy", true, 0}};
    const segment moved[]  = {{"", true, 0}, {"xy", false, 1}};
    CHECK(nonce_of(std::span<const segment>(joined)) != n);
    CHECK(nonce_of(std::span<const segment>(moved)) != n);
}
