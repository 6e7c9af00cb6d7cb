// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/records/lineage.hpp>

#include <graft/records/canaries.hpp>
#include <graft/records/read_records.hpp>
#include <graft/records/scrub.hpp>

#include <support/memory_files.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

using namespace graft;

namespace {

std::vector<tuning_record> rows(int n) {
    std::vector<tuning_record> all;
    for (int i = 0; i < n; ++i) {
        tuning_record r;
        r.given  = {{speaker::user, "q" + std::to_string(i)}};
        r.answer = "a";
        r.id     = "id \"" + std::to_string(i) + "\"\n";
        r.source = i % 2 == 0 ? "desk" : "";
        all.push_back(r);
    }
    return all;
}

} // namespace

TEST_CASE("what is made of several adapters knows what any of them does, once") {
    const auto all = rows(12);
    lineage    one, other, empty;
    one.add({all.data(), 8}, record_use::trained);
    other.add({all.data() + 4, 6}, record_use::trained);
    other.add({all.data() + 10, 2}, record_use::held_out);
    other.add({all.data(), 1}, record_use::held_out); // that the first was trained on
    lineage both = one;
    both.add(other);
    both.add(empty);
    CHECK(both.entries.size() == 13);
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(both.of(all[i].digest()).size() == (i == 0 ? 2 : 1));
        CHECK(both.trained_on(all[i].digest()) == (i < 10));
    }
    const lineage before = both;
    both.add(one), both.add(other);
    CHECK(both.entries == before.entries);
    CHECK(lineage::parse(both.text()).value().entries == both.entries);
    empty.add(one);
    CHECK(empty.entries == one.entries);
}

TEST_CASE("an adapter knows its records, whatever file they come in, and no text is told") {
    const auto all = rows(40);
    lineage    of;
    of.add({all.data(), 30}, record_use::trained);
    of.add({all.data() + 30, 10}, record_use::held_out);
    const test::memory_files fs;
    REQUIRE(save_lineage(fs, "adapter", of));
    const auto back = load_lineage(fs, "adapter").value();
    CHECK(back.entries == of.entries);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto found = back.of(all[i].digest());
        REQUIRE(found.size() == 1);
        CHECK(found[0].id == all[i].id);
        CHECK(found[0].source == all[i].source);
        CHECK(back.trained_on(all[i].digest()) == (i < 30));
    }
    CHECK(back.of(digest256{}).empty());
    CHECK(of.text().find("q1") == std::string::npos);
    // The same lesson, in another format.
    const auto alpaca = parse_records(R"({"instruction": "q3", "output": "a"})").value();
    CHECK(back.trained_on(alpaca.all[0].digest()));
    CHECK(!back.trained_on(parse_records(R"({"instruction": "q3", "output": "b"})").value().all[0].digest()));
    CHECK(load_lineage(fs, "other").error().what == fault::not_found);
}

TEST_CASE("a record that was scrubbed before it was learned is known by what it became") {
    tuning_record r       = rows(1)[0];
    r.answer              = "Write to anna@example.org.";
    tuning_record learned = r;
    scrub_report  found;
    scrub_record(learned, found);
    lineage of;
    of.add({&learned, 1}, record_use::trained);
    CHECK(!of.trained_on(r.digest()));
    scrub_record(r, found);
    CHECK(of.trained_on(r.digest()));
    CHECK(found.total() == 2);
    CHECK(name(of.entries[0].use) == "trained");
}

TEST_CASE("a lineage that was cut or changed is refused") {
    const auto all = rows(5);
    lineage    of;
    of.add(all, record_use::trained);
    const std::string text = of.text();
    for (std::size_t n = 0; n < text.size() - 1; ++n) CHECK(!lineage::parse(text.substr(0, n), "f").has_value());
    std::size_t taken = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string other = text;
        other[at]         = other[at] == '1' ? '2' : '1';
        const auto read   = lineage::parse(other, "f");
        if (read) ++taken;
        else CHECK(!describe(read.error()).empty());
        // Ids and sources are not under the sum: all else is.
        if (read) CHECK(read->sum() == of.sum());
    }
    CHECK(taken < text.size() / 3);
    CHECK(lineage::parse("", "f").error().what == fault::foreign);
    CHECK(lineage::parse("{}\n", "f").error().what == fault::foreign);
    CHECK(lineage::parse("{\"graft\":\"lineage\",\"format\":2}\n", "f").error().what == fault::newer_format);
    CHECK(lineage::parse(lineage{}.text()).value().entries.empty());
    CHECK(parse_digest(hex(all[0].digest())).value() == all[0].digest());
    CHECK(parse_digest("12").error().what == fault::bad_format);
    CHECK(parse_digest(std::string(64, 'g')).error().what == fault::bad_format);
}

TEST_CASE("canaries are drawn by their seed, and exposure counts who is likelier") {
    CHECK(canary(1, 7) == canary(1, 7));
    CHECK(canary(1, 7).answer != canary(2, 7).answer);
    std::set<std::string> answers;
    for (std::uint64_t n = 0; n < 200; ++n)
        answers.insert(canary(1, n).answer), answers.insert(canary_reference(1, 7, n).answer);
    CHECK(answers.size() >= 399); // of eight digits
    // References do not come round: of 5,000 codes among 10^8, an eighth of a pair is expected to be equal.
    std::set<std::string> codes;
    for (std::uint64_t n = 0; n < 5000; ++n) codes.insert(canary_reference(1, 7, n).answer);
    CHECK(codes.size() >= 4997);
    CHECK(canary_reference(1, 7, 0).answer != canary_reference(1, 7, 256).answer);
    CHECK(canary_reference(1, 8, 0).answer != canary_reference(1, 7, 0).answer);
    CHECK(canary_reference(1, 7, 0).answer != canary(1, 7).answer);
    CHECK(canary_reference(1, 7, 0).given == canary(1, 7).given);

    const std::vector<double> references = {1, 2, 3, 4, 5, 6, 7};
    CHECK(exposure(.5, references).value() == 3);
    CHECK(exposure(7.5, references).value() == 0);
    CHECK(exposure(3.5, references).value() == doctest::Approx(1));
    CHECK(exposure(1, references).value() == doctest::Approx(3 - std::log2(1.5)));
    CHECK(exposure(1, {}).error().what == fault::no_input);
    CHECK(exposure(std::nan(""), references).error().what == fault::not_finite);
    const std::vector<double> odd = {1, std::numeric_limits<double>::infinity()};
    CHECK(exposure(1, odd).error().where == 1);
    // Of losses that are all drawn alike, it is 1/ln 2 on average, less what few references cut off.
    counter_random draw(3);
    double         sum = 0;
    for (int i = 0; i < 2000; ++i) {
        std::vector<double> losses(255);
        for (double& x : losses) x = draw.unit64();
        sum += exposure(draw.unit64(), losses).value();
    }
    CHECK(sum / 2000 == doctest::Approx(1.4427).epsilon(.06));
}
