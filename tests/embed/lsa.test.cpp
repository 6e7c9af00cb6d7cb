// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/random.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/schema/embedder.hpp>
#include <support/shared.hpp>

#include "support/traps.hpp"
#include <Eigen/SVD>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using namespace graft;

static_assert(embedder<lsa>);
static_assert(!std::is_copy_constructible_v<lsa> && std::is_nothrow_move_constructible_v<lsa>);

/// Owns texts and the chunks over them.
struct shelf_of_texts {
    std::vector<std::string> texts;
    std::vector<chunk>       list;

    explicit shelf_of_texts(std::vector<std::string> from) : texts(std::move(from)) {
        for (std::size_t i = 0; i < texts.size(); ++i) list.push_back({.id = chunk_id{i + 1}, .text = {{}, texts[i]}});
    }
    shelf_of_texts(shelf_of_texts&&) = delete;
    [[nodiscard]] chunks all() const { return list; }
};

/// Texts about `topics` things, each with words of its own and some that all share.
std::vector<std::string> topical(std::size_t n, std::size_t topics, std::uint64_t seed) {
    counter_random           draw(seed);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < n; ++i) {
        std::string text;
        for (std::size_t j = 0, length = 8 + draw.below(30); j < length; ++j) {
            const bool own = draw.below(3) != 0;
            text += own ? "topic" + std::to_string(i % topics) + "x" + std::to_string(draw.below(12))
                        : "shared" + std::to_string(draw.below(40));
            text += ' ';
        }
        texts.push_back(std::move(text));
    }
    return texts;
}

matrix<float> encoded(const lsa& model, const std::vector<std::string>& texts) {
    std::vector<text_view> views;
    for (const auto& text : texts) views.push_back({{}, text});
    matrix<float> rows(texts.size(), model.dims());
    context       w;
    REQUIRE(model.encode(views, rows.view(), w));
    return rows;
}

bool same(const matrix<float>& a, const matrix<float>& b) {
    return a.rows() == b.rows() && a.dims() == b.dims() && std::memcmp(a.data(), b.data(), a.flat().size_bytes()) == 0;
}

double cosine_of(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

std::vector<std::byte> saved(const lsa& model) {
    byte_writer w;
    model.save(w);
    return w.take();
}

/// The weights of texts, from their definition: row by row, columns in the order of the words.
Eigen::MatrixXd weights(const std::vector<std::string>& texts) {
    std::vector<std::map<std::string, int>> counts(texts.size());
    std::map<std::string, int>              with_it;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        analyzer{}(texts[i], [&](const token& t) { ++counts[i][std::string(t.word)]; });
        for (const auto& [word, n] : counts[i]) ++with_it[word];
    }
    Eigen::MatrixXd a =
        Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(texts.size()), static_cast<Eigen::Index>(with_it.size()));
    const double n = static_cast<double>(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i)
        for (const auto& [word, times] : counts[i]) {
            const auto   column                     = std::distance(with_it.begin(), with_it.find(word));
            const double df                         = with_it[word];
            a(static_cast<Eigen::Index>(i), column) = (1 + std::log(times)) * std::log(1 + (n - df + .5) / (df + .5));
        }
    return a;
}

} // namespace

TEST_CASE("lsa: the vector of a chunk is its row of U S, and any other text is folded in") {
    const auto           texts = topical(60, 5, 1);
    const shelf_of_texts store(texts);
    const auto           k     = 12;
    const auto           model = lsa::fit(store, {.dims = k, .power_iterations = 60, .oversample = 30}).value();
    const auto           rows  = encoded(model, texts);

    // Directions are free in sign, so compare what they are for: the dot products between texts.
    Eigen::MatrixXd                         a = weights(texts), unit = a.rowwise().normalized();
    const Eigen::JacobiSVD<Eigen::MatrixXd> svd(unit, Eigen::ComputeThinU | Eigen::ComputeThinV);
    const Eigen::MatrixXd                   us =
        (svd.matrixU().leftCols(k) * svd.singularValues().head(k).asDiagonal()).rowwise().normalized();
    for (std::size_t i = 0; i < texts.size(); ++i)
        for (std::size_t j = 0; j <= i; ++j) {
            const double expected = us.row(static_cast<Eigen::Index>(i)).dot(us.row(static_cast<Eigen::Index>(j)));
            CHECK(std::fabs(cosine_of(rows.row(i), rows.row(j)) - expected) < 1e-5);
        }
    for (std::size_t i = 0; i < k; ++i)
        CHECK(model.singular_values()[i] ==
              doctest::Approx(svd.singularValues()[static_cast<Eigen::Index>(i)]).epsilon(1e-5));

    // A text that was not there: x V, with the weights of the chunk store. Two texts joined have all words of both.
    const auto                 more = encoded(model, {texts[3] + " unheardof " + texts[3] + texts[8]});
    std::map<std::string, int> counts, columns;
    for (const auto& text : texts) analyzer{}(text, [&](const token& t) { columns[std::string(t.word)]; });
    int at = 0;
    for (auto& [word, column] : columns) column = at++;
    for (const std::size_t i : {3u, 3u, 8u})
        analyzer{}(texts[i], [&](const token& t) { ++counts[std::string(t.word)]; });
    Eigen::RowVectorXd x = Eigen::RowVectorXd::Zero(a.cols());
    for (const auto& [word, times] : counts) {
        double idf = 0;
        for (Eigen::Index r = 0; r < a.rows() && idf == 0; ++r) {
            std::map<std::string, int> there;
            analyzer{}(texts[static_cast<std::size_t>(r)], [&](const token& t) { ++there[std::string(t.word)]; });
            if (there.count(word) != 0) idf = a(r, columns[word]) / (1 + std::log(there[word]));
        }
        x[columns[word]] = (1 + std::log(times)) * idf;
    }
    const Eigen::RowVectorXd folded = (x * svd.matrixV().leftCols(k)).normalized();
    for (std::size_t j = 0; j < texts.size(); ++j)
        CHECK(std::fabs(cosine_of(more.row(0), rows.row(j)) - folded.dot(us.row(static_cast<Eigen::Index>(j)))) < 1e-5);
}

TEST_CASE("lsa finds texts that share a topic but no word") {
    const shelf_of_texts store({"the cat chased the mouse", "a cat and a kitten", "the kitten purred at the mouse",
                                "stocks fell on the market", "the market and the bank", "a bank sold stocks"});
    const auto           model = lsa::fit(store, {.dims = 2}).value();
    const auto           rows  = encoded(model, {"purring", "chasing", "selling"});
    CHECK(cosine_of(rows.row(0), rows.row(1)) > .9);
    CHECK(std::fabs(cosine_of(rows.row(0), rows.row(2))) < .1);
}

TEST_CASE("lsa gives the same bytes again, on any number of threads") {
    const shelf_of_texts store(topical(700, 9, 2));
    const auto           once = saved(lsa::fit(store, {.dims = 40}).value());
    CHECK(once == saved(lsa::fit(store, {.dims = 40}).value()));
    for (const std::size_t n : {1u, 2u, 4u})
        CHECK(once == saved(lsa::fit(store, {.dims = 40}, context(threads(n))).value()));
    CHECK(once != saved(lsa::fit(store, {.dims = 40, .seed = 1}).value()));
}

TEST_CASE("lsa: fingerprints tell models apart") {
    const shelf_of_texts    store(topical(50, 4, 3)), other(topical(50, 4, 4));
    std::set<std::uint64_t> prints;
    for (const lsa_params& p : {lsa_params{.dims = 8},
                                {.dims = 9},
                                {.dims = 8, .min_documents = 2},
                                {.dims = 8, .seed = 3},
                                {.dims = 8, .power_iterations = 5},
                                {.dims = 8, .oversample = 3}})
        prints.insert(lsa::fit(store, p).value().fingerprint());
    prints.insert(lsa::fit(other, {.dims = 8}).value().fingerprint());
    prints.insert(lsa::fit(store, {.dims = 8}, analyzer{.stops = false}).value().fingerprint());
    CHECK(prints.size() == 8);
    CHECK(prints.count(lsa::fit(store, {.dims = 8}).value().fingerprint()) == 1);
}

TEST_CASE("lsa: the order of the chunks changes no similarity, once the SVD has converged") {
    auto             texts   = topical(80, 4, 5);
    const auto       queries = topical(20, 4, 6);
    const lsa_params p{.dims = 4, .power_iterations = 60};
    const auto       one = encoded(lsa::fit(shelf_of_texts(texts), p).value(), queries);
    counter_random(7).shuffle(std::span(texts));
    const auto two = encoded(lsa::fit(shelf_of_texts(texts), p).value(), queries);
    for (std::size_t i = 0; i < queries.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            CHECK(std::fabs(cosine_of(one.row(i), one.row(j)) - cosine_of(two.row(i), two.row(j))) < 1e-4);
}

TEST_CASE("lsa: a row depends on its text alone, not on the order of its words or on where they stand") {
    const shelf_of_texts store(topical(60, 5, 8));
    const auto           model = lsa::fit(store, {.dims = 16}).value();
    auto                 texts = topical(30, 5, 9);
    texts[4]                   = "";
    const auto batch           = encoded(model, texts);
    context    w;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        std::vector<std::string> words;
        std::istringstream       in(texts[i]);
        for (std::string word; in >> word;) words.push_back(word);
        counter_random(i).shuffle(std::span(words));
        std::string prefix, body;
        for (std::size_t j = 0; j < words.size(); ++j) (j % 3 == 0 ? prefix : body) += words[j] + "\n";
        matrix<float>   row(1, model.dims());
        const text_view view{prefix, body};
        w.reset();
        REQUIRE(model.encode({&view, 1}, row.view(), w));
        CHECK(std::memcmp(row.data(), batch.row(i).data(), batch.row(i).size_bytes()) == 0);
    }
    // once it is warm, the context does not grow
    const std::size_t      warm = w.capacity();
    std::vector<text_view> one{{{}, texts[0]}};
    matrix<float>          row(1, model.dims());
    for (int i = 0; i < 50; ++i) {
        w.reset();
        REQUIRE(model.encode(one, row.view(), w));
    }
    CHECK(w.capacity() == warm);
}

TEST_CASE("lsa: unknown words give a zero row, and hostile texts one of length 0 or 1") {
    const shelf_of_texts store(topical(60, 5, 10));
    const auto           model = lsa::fit(store, {.dims = 10}).value();
    std::string          long_word(100000, 'x'), repeated, noise;
    for (int i = 0; i < 20000; ++i) repeated += "shared1 ";
    counter_random draw(11);
    for (int i = 0; i < 20000; ++i) noise += static_cast<char>(draw.below(256));
    const std::vector<std::string> texts = {"",
                                            " ",
                                            "nobody ever wrote this",
                                            std::string(50, '\0'),
                                            "\xff\xfe\xc3",
                                            long_word,
                                            repeated,
                                            noise,
                                            "shared1 \xf0\x9f shared2",
                                            "SHARED1"};
    const auto                     rows  = encoded(model, texts);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const double length = cosine_of(rows.row(i), rows.row(i));
        CHECK((length == 0 || std::fabs(length - 1) < 1e-6));
        if (i < 6) CHECK(length == 0);
    }
    CHECK(cosine_of(rows.row(6), rows.row(9)) == doctest::Approx(1));
    CHECK(cosine_of(rows.row(8), rows.row(8)) == doctest::Approx(1));
}

TEST_CASE("lsa: a chunk store gives only so many directions") {
    const auto refused = [](const shelf_of_texts& store, lsa_params p) {
        const auto e = lsa::fit(store, p);
        REQUIRE_FALSE(e);
        return e.error();
    };
    CHECK(refused(shelf_of_texts({}), {}).what == fault::no_input);
    CHECK(refused(shelf_of_texts({"", "the of and", "\xff"}), {}).what == fault::no_input);
    CHECK(refused(shelf_of_texts({"one two three four"}), {.dims = 1, .min_documents = 2}).what == fault::no_input);
    CHECK(lsa::largest_rank(shelf_of_texts({"", "the"}).all()).value() == 0);
    for (const lsa_params& p : {lsa_params{.dims = 0},
                                {.dims = 5000},
                                {.min_documents = 0},
                                {.power_iterations = 0},
                                {.power_iterations = 65},
                                {.oversample = 1025}})
        CHECK(refused(shelf_of_texts({"one two", "two three"}), p).what == fault::bad_argument);

    const shelf_of_texts store(topical(30, 3, 12));
    const error          e = refused(store, {.dims = 30, .clamp = false});
    CHECK(e.what == fault::rank_too_high);
    CHECK(e.where == 29);
    CHECK(lsa::largest_rank(store.all()).value() == 29);
    CHECK(lsa::fit(store, {.dims = 29}).value().dims() == 29);
    CHECK(lsa::fit(store).value().dims() == 29); // the default asks for 256
    CHECK(lsa::fit(store, {.dims = 300}).value().fingerprint() ==
          lsa::fit(store, {.dims = 29, .clamp = false}).value().fingerprint());
    CHECK(lsa::fit(store, {.dims = 29, .clamp = false}).value().params() == lsa::fit(store).value().params());

    // fewer words than chunks, and chunks without a word count for nothing
    const shelf_of_texts narrow({"red green", "green blue", "", "red", "blue", "red blue", "the", "green"});
    CHECK(lsa::largest_rank(narrow.all()).value() == 2);
    CHECK(refused(narrow, {.dims = 3, .clamp = false}).where == 2);
    // a single chunk is enough for one direction
    const shelf_of_texts single({"a lonely chunk"});
    const auto           model = lsa::fit(single).value();
    CHECK(model.dims() == 1);
    CHECK(std::fabs(encoded(model, {"lonely"}).row(0)[0]) == 1);
}

TEST_CASE("lsa: directions that a chunk store of copies does not have are zeros, not noise") {
    auto       texts = topical(5, 5, 13);
    const auto five  = texts;
    for (int copy = 0; copy < 8; ++copy) texts.insert(texts.end(), five.begin(), five.end());
    const auto model = lsa::fit(shelf_of_texts(texts), {.dims = 20}).value();
    for (std::size_t i = 5; i < 20; ++i) CHECK(model.singular_values()[i] == 0);
    const auto rows = encoded(model, five);
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(cosine_of(rows.row(i), rows.row(i)) == doctest::Approx(1));
        for (std::size_t j = 5; j < 20; ++j) CHECK(rows.row(i)[j] == 0);
    }
}

TEST_CASE("lsa: rare words may be left out") {
    const shelf_of_texts store({"alpha beta gamma", "alpha beta delta", "alpha gamma delta zeta"});
    CHECK(lsa::fit(store, {.dims = 1}).value().words().size() == 5);
    const auto model = lsa::fit(store, {.dims = 1, .min_documents = 2}).value();
    CHECK(model.words().size() == 4);
    CHECK(encoded(model, {"zeta"}).row(0)[0] == 0);
}

TEST_CASE("lsa: a saved model comes back to the bit, and a spoilt one is an error or harmless") {
    const shelf_of_texts store(topical(20, 3, 14));
    const auto           model = lsa::fit(store, {.dims = 6}).value();
    auto                 bytes = saved(model);
    {
        byte_reader r(bytes, "lsa");
        const auto  again = lsa::load(r);
        REQUIRE(again);
        CHECK(r.finish());
        CHECK(again->fingerprint() == model.fingerprint());
        CHECK(again->params() == model.params());
        CHECK(same(encoded(*again, store.texts), encoded(model, store.texts)));
        CHECK(saved(*again) == bytes);
    }
    {
        byte_reader r(bytes, "lsa");
        CHECK(basic_lsa<analyzer>::load(r, analyzer{.stems = false}).error().what == fault::other_embedder);
    }
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        byte_reader r({bytes.data(), n}, "lsa");
        const auto  e = lsa::load(r);
        REQUIRE_FALSE(e);
        CHECK((e.error().what == fault::truncated || e.error().what == fault::malformed ||
               e.error().what == fault::other_embedder));
    }
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
        byte_reader r(bytes, "lsa");
        if (const auto spoilt = lsa::load(r); !spoilt) ++refused;
        else {
            CHECK(spoilt->fingerprint() != model.fingerprint());
            if (bit % 7 == 0) {
                const auto row = encoded(*spoilt, {store.texts[bit % 20]});
                for (const float x : row.flat()) CHECK(std::fabs(x) <= 1.0001f);
            }
        }
        bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    }
    CHECK(refused > 8 * 40);
}

TEST_CASE("lsa: a matrix of the wrong shape is refused") {
    const auto    model = lsa::fit(shelf_of_texts(topical(20, 3, 15)), {.dims = 6}).value();
    context       w;
    text_view     text{{}, "shared1"};
    matrix<float> narrow(1, 5), many(2, 6);
    CHECK(model.encode({&text, 1}, narrow.view(), w).error().what == fault::wrong_shape);
    CHECK(model.encode({&text, 1}, many.view(), w).error().what == fault::wrong_shape);
    CHECK(model.encode({}, matrix_view<float>{nullptr, 0, 6}, w));
}

TEST_CASE("lsa of rank 200 on Cranfield: nDCG@10 of at least .405") {
    NEEDS_SHARED(folder, "data/retrieval/cranfield");
    // One flat object of strings a line; the texts hold no escapes but \" and \\.
    const auto field = [](const std::string& line, const std::string& name) {
        std::string value;
        auto        at = line.find("\"" + name + "\": \"");
        if (at == std::string::npos) return value;
        for (at += name.size() + 5; line[at] != '"'; ++at) value += line[at] == '\\' ? line[++at] : line[at];
        return value;
    };
    std::vector<std::string> ids, titles, texts;
    std::vector<chunk>       list;
    std::istringstream corpus(test::slurp(folder / "corpus.jsonl")), queries(test::slurp(folder / "queries.jsonl")),
        judged(test::slurp(folder / "qrels.tsv"));
    std::map<std::string, std::map<std::string, int>> gains;
    for (std::string line; std::getline(corpus, line);) {
        ids.push_back(field(line, "_id"));
        titles.push_back(field(line, "title"));
        texts.push_back(field(line, "text"));
    }
    REQUIRE(ids.size() == 1400);
    for (std::size_t i = 0; i < ids.size(); ++i) list.push_back({.id = chunk_id{i}, .text = {titles[i], texts[i]}});
    std::string query, document;
    std::getline(judged, query);
    for (int code = 0; judged >> query >> document >> code;)
        if (code > 0) gains[query][document] = 5 - code;

    const auto             model = lsa::fit(chunks(list), {.dims = 200}, context(threads(2))).value();
    std::vector<text_view> views;
    for (const chunk& c : list) views.push_back(c.text);
    matrix<float> rows(list.size(), 200), asked(1, 200);
    context       w;
    REQUIRE(model.encode(views, rows.view(), w));
    double      sum = 0;
    std::size_t n   = 0;
    for (std::string line; std::getline(queries, line);) {
        const auto found = gains.find(field(line, "_id"));
        if (found == gains.end()) continue;
        const std::string text = field(line, "text");
        const text_view   view{{}, text};
        REQUIRE(model.encode({&view, 1}, asked.view(), w));
        std::vector<hit> hits;
        for (std::size_t i = 0; i < list.size(); ++i)
            hits.push_back({chunk_id{i}, static_cast<float>(cosine_of(asked.row(0), rows.row(i)))});
        std::sort(hits.begin(), hits.end(), better);
        double           got = 0, best = 0;
        std::vector<int> ideal;
        for (const auto& [id, gain] : found->second) ideal.push_back(gain);
        std::sort(ideal.rbegin(), ideal.rend());
        for (std::size_t i = 0; i < 10; ++i) {
            const double discount = std::log2(static_cast<double>(i) + 2);
            if (const auto hit = found->second.find(ids[to_underlying(hits[i].id)]); hit != found->second.end())
                got += hit->second / discount;
            if (i < ideal.size()) best += ideal[i] / discount;
        }
        sum += got / best;
        ++n;
    }
    REQUIRE(n > 200);
    MESSAGE("nDCG@10 = " << sum / static_cast<double>(n));
    CHECK(sum / static_cast<double>(n) >= .405);
}

TEST_CASE("lsa: what an analyser throws comes out of a fit the same on every executor") {
    const test::numbered texts(900);
    using model = basic_lsa<test::trapped_words>;
    for (const std::size_t at : {0u, 500u, 899u})
        test::on_every_executor(test::trap::act::throws, at, [&](const test::trap& t, context& c, std::size_t) {
            std::size_t caught = 9999;
            try {
                (void)model::fit(texts, {.dims = 4}, test::trapped_words(t), c);
            } catch (const test::sprung& s) {
                caught = s.at;
            }
            CHECK(caught == at);
        });
}

TEST_CASE("lsa: a stop ends a fit after the blocks in hand, a deadline before the first") {
    const test::numbered texts(5000);
    using model = basic_lsa<test::trapped_words>;
    test::on_every_executor(test::trap::act::stops, 1000, [&](const test::trap& t, context& c, std::size_t width) {
        CHECK(model::fit(texts, {.dims = 4}, test::trapped_words(t), c).error().what == fault::stopped);
        CHECK(t.late() <= 64 * width);
    });
    const test::trap t(test::trap::act::nothing, 0);
    context          c;
    c.deadline = context::clock::now();
    CHECK(model::fit(texts, {.dims = 4}, test::trapped_words(t), c).error().what == fault::timed_out);
    CHECK(t.begun == 0);
}

TEST_CASE("lsa: a fit that is stopped wherever its progress stands gives `stopped`, and progress reaches the end") {
    const test::numbered   texts(300, 12);
    test::watched_progress seen;
    context                c;
    c.progress       = seen;
    const auto whole = lsa::fit(texts, {.dims = 8}, c).value();
    CHECK(seen.whole());
    REQUIRE(seen.calls > 10);
    for (std::size_t at = 1; at < seen.calls; ++at) { // the last word is told when all is done
        std::stop_source stop;
        std::size_t      calls = 0;
        const auto       ends  = [&](std::size_t, std::size_t) {
            if (++calls == at) stop.request_stop();
        };
        context d;
        d.progress = ends;
        d.stop     = stop.get_token();
        CHECK(lsa::fit(texts, {.dims = 8}, d).error().what == fault::stopped);
    }
    c.progress = {};
    CHECK(saved(lsa::fit(texts, {.dims = 8}, c).value()) == saved(whole));
}
