// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
// by itself: libstemmer.h may be included once only.

#include <graft/base/random.hpp>
#include <graft/words/stem.hpp>

#include "support/shared.hpp"

#include <set>

#ifdef GRAFT_TEST_LIBSTEMMER
#    include <libstemmer.h>
#endif

using namespace graft;

namespace {

consteval bool stems_to(std::string_view word, std::string_view stem) {
    char        room[longest_word] = {};
    std::size_t n                  = 0;
    for (const char c : word) room[n++] = c;
    return std::string_view(room, stem_english(room, n)) == stem;
}

} // namespace

TEST_CASE("stem: each step of the algorithm") {
    struct pair {
        std::string_view word, stem;
    };
    static constexpr pair known[] = {
        // possessives and plurals
        {"horse's", "hors"},
        {"boys'", "boy"},
        {"caresses", "caress"},
        {"ties", "tie"},
        {"cries", "cri"},
        {"tied", "tie"},
        {"gas", "gas"},
        {"gaps", "gap"},
        {"kiwis", "kiwi"},
        {"this", "this"},
        {"us", "us"},
        {"glass", "glass"},
        {"cactus", "cactus"},
        {"'twas", "twas"},
        // past and progressive
        {"agreed", "agre"},
        {"feed", "feed"},
        {"proceedingly", "proceed"},
        {"luxuriated", "luxuri"},
        {"troubled", "troubl"},
        {"sized", "size"},
        {"hopping", "hop"},
        {"falling", "fall"},
        {"hissing", "hiss"},
        {"hoping", "hope"},
        {"bled", "bled"},
        {"sing", "sing"},
        {"fading", "fade"},
        {"repeatedly", "repeat"},
        {"bedding", "bed"},
        // y
        {"cry", "cri"},
        {"by", "by"},
        {"say", "say"},
        {"happy", "happi"},
        {"youth", "youth"},
        {"flying", "fli"},
        {"employer", "employ"},
        {"yyy", "yyy"},
        // double suffixes
        {"relational", "relat"},
        {"conditional", "condit"},
        {"rational", "ration"},
        {"valency", "valenc"},
        {"hesitancy", "hesit"},
        {"digitizer", "digit"},
        {"conformably", "conform"},
        {"radically", "radic"},
        {"differently", "differ"},
        {"vilely", "vile"},
        {"analogously", "analog"},
        {"vietnamization", "vietnam"},
        {"predication", "predic"},
        {"operator", "oper"},
        {"feudalism", "feudal"},
        {"decisiveness", "decis"},
        {"hopefulness", "hope"},
        {"callousness", "callous"},
        {"formality", "formal"},
        {"sensitivity", "sensit"},
        {"sensibility", "sensibl"},
        {"geology", "geolog"},
        {"hopefully", "hope"},
        {"uselessly", "useless"},
        {"archly", "arch"},
        {"apply", "appli"},
        // li after each letter that may stand before it, and after others
        {"publicly", "public"},
        {"hardly", "hard"},
        {"strangely", "strang"},
        {"strongly", "strong"},
        {"roughly", "rough"},
        {"frankly", "frank"},
        {"warmly", "warm"},
        {"cleanly", "clean"},
        {"regularly", "regular"},
        {"quietly", "quiet"},
        {"briefly", "briefli"},
        {"deeply", "deepli"},
        // each double that becomes single, and those that stay
        {"robbed", "rob"},
        {"nodding", "nod"},
        {"stuffed", "stuf"},
        {"begged", "beg"},
        {"swimming", "swim"},
        {"planned", "plan"},
        {"stopped", "stop"},
        {"referred", "refer"},
        {"fitted", "fit"},
        {"called", "call"},
        {"buzzed", "buzz"},
        {"crossing", "cross"},
        // adjectives
        {"triplicate", "triplic"},
        {"formative", "format"},
        {"formalize", "formal"},
        {"electricity", "electr"},
        {"electrical", "electr"},
        {"hopeful", "hope"},
        {"goodness", "good"},
        {"national", "nation"},
        {"alternative", "altern"},
        // the last suffix and letter
        {"revival", "reviv"},
        {"allowance", "allow"},
        {"inference", "infer"},
        {"airliner", "airlin"},
        {"gyroscopic", "gyroscop"},
        {"adjustable", "adjust"},
        {"defensible", "defens"},
        {"irritant", "irrit"},
        {"replacement", "replac"},
        {"adjustment", "adjust"},
        {"dependent", "depend"},
        {"adoption", "adopt"},
        {"communism", "communism"},
        {"activate", "activ"},
        {"angularity", "angular"},
        {"homologous", "homolog"},
        {"effective", "effect"},
        {"bowdlerize", "bowdler"},
        {"rate", "rate"},
        {"cease", "ceas"},
        {"controll", "control"},
        {"roll", "roll"},
        // regions of their own, and irregular words
        {"generate", "generat"},
        {"generously", "generous"},
        {"general", "general"},
        {"communal", "communal"},
        {"commune", "commune"},
        {"arsenal", "arsenal"},
        {"arsenic", "arsenic"},
        {"skis", "ski"},
        {"skies", "sky"},
        {"sky", "sky"},
        {"dying", "die"},
        {"news", "news"},
        {"inning", "inning"},
        {"innings", "inning"},
        {"herrings", "herring"},
        {"succeed", "succeed"},
        {"exceeds", "exceed"},
        {"only", "onli"},
        {"gently", "gentl"},
        {"bias", "bias"},
        {"cosmos", "cosmos"},
        // what is no English word
        {"", ""},
        {"a", "a"},
        {"is", "is"},
        {"mp3s", "mp3s"},
        {"3d", "3d"},
        {"don't", "don't"},
        {"x86", "x86"},
    };
    for (const pair& p : known) {
        CAPTURE(p.word);
        CHECK(stem_english(p.word) == p.stem);
    }
    static_assert(stems_to("connections", "connect") && stems_to("connecting", "connect") && stems_to("skies", "sky"));
}

TEST_CASE("stem: never longer, never outside its word, the same at any place, long words untouched") {
    counter_random                    random(7);
    static constexpr std::string_view ends[] = {"",        "s",       "ed",    "ing", "ingly",
                                                "ational", "fulness", "iviti", "'s",  "ement"};
    for (int round = 0; round < 100000; ++round) {
        std::string word;
        for (std::uint64_t n = random.below(12); n > 0; --n) word += "aeiouybdlnrstx'7"[random.below(16)];
        word += ends[random.below(std::size(ends))];
        std::string room  = "##########" + word + "@@@@@@@@@@";
        std::size_t after = stem_english(room.data() + 10, word.size());
        REQUIRE(after <= word.size());
        REQUIRE(room.substr(0, 10) == "##########");
        REQUIRE(room.substr(10 + word.size()) == "@@@@@@@@@@");
        REQUIRE(stem_english(word) == room.substr(10, after));
    }
    for (const std::size_t n : {62u, 63u, 64u, 65u, 100u, 100000u}) {
        std::string word(n - 3, 'a');
        word[1] = 'b';
        CHECK(stem_english(word + "ing") == (n <= longest_word ? word : word + "ing"));
        CHECK(stem_english(std::string(n, 'y')).size() == n);
    }
    const std::string bytes = {'\xFF', 'e', '\x80', '\xC3', 'i', 'n', 'g'};
    CHECK(stem_english(bytes).size() <= bytes.size());
}

#ifdef GRAFT_TEST_LIBSTEMMER
TEST_CASE("stem: the vocabulary of all collections, as libstemmer has it") {
    NEEDS_SHARED(folder, "data/retrieval");
    std::set<std::string> words;
    for (const char* set : {"adi", "cacm", "cranfield", "npl_vaswani", "scifact"}) {
        std::string word;
        for (const char c : test::slurp(folder / set / "corpus.jsonl")) {
            const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
            if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '\'') word += lower;
            else if (!word.empty()) words.insert(std::exchange(word, {}));
        }
    }
    // Words that nobody wrote reach the rules that real ones seldom meet.
    for (const std::string& word : std::set<std::string>(words))
        for (const char* end :
             {"ly", "ing", "ed", "'s", "ness", "fully", "ational", "ies", "ization", "s'", "iviti", "ogi"})
            if (word.size() < 40) words.insert(word.substr(0, word.size() - word.size() / 4) + end);

    counter_random random(3);
    for (int i = 0; i < 100000; ++i) {
        std::string word;
        for (std::uint64_t n = 1 + random.below(9); n > 0; --n) word += "aeiouyybdlnrstwx'g"[random.below(18)];
        words.insert(word);
    }

    sb_stemmer* const truth = sb_stemmer_new("english", "UTF_8");
    REQUIRE(truth != nullptr);
    std::size_t differ = 0, compared = 0;
    for (const std::string& word : words) {
        if (word.size() > longest_word) continue;
        const auto* stem =
            sb_stemmer_stem(truth, reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
        const std::string theirs(reinterpret_cast<const char*>(stem),
                                 static_cast<std::size_t>(sb_stemmer_length(truth)));
        ++compared;
        if (stem_english(word) != theirs && ++differ < 10) CHECK_MESSAGE(stem_english(word) == theirs, word);
    }
    sb_stemmer_delete(truth);
    CHECK(differ == 0);
    CHECK(compared > 300000);
}
#endif
