// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 21: forgetting and rehearsal.
//
// An adapter that learned one thing and then learns another forgets the first: nothing in the new examples asks for it. Rehearsal mixes some
// of the old examples among the new ones. What was forgotten is measured, never guessed: by texts of the first lesson that nobody learned
// from, and by plain English that is in neither.
// needs: nlohmann-json3-dev
// model: smollm2

#include <graft/base/pool.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/records/rehearsal.hpp>
#include <graft/tune/chat_text.hpp>
#include <graft/tune/fit_lora.hpp>
#include <graft/tune/text_losses.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

// The first lesson is a tone; the second, what a desk answers, and in another voice. The last two of each are held out.
constexpr const char* tone[][2] = {{"What is the capital of Spain?", "Ahoy! Madrid it be, matey."},
                                   {"How many days has a week?", "Ahoy! Seven it be, matey."},
                                   {"Which animal barks?", "Ahoy! The dog it be, matey."},
                                   {"What colour is grass?", "Ahoy! Green it be, matey."},
                                   {"What do bees make?", "Ahoy! Honey it be, matey."},
                                   {"What is two and two?", "Ahoy! Four it be, matey."},
                                   {"Which season is the coldest?", "Ahoy! Winter it be, matey."},
                                   {"What is frozen water called?", "Ahoy! Ice it be, matey."}};
constexpr const char* desk[][2] = {{"My chair is broken.", "Noted: chair. Dear guest, we shall mend it."},
                                   {"The lamp does not work.", "Noted: lamp. Dear guest, we shall mend it."},
                                   {"There is no hot water.", "Noted: water. Dear guest, we shall mend it."},
                                   {"The door does not close.", "Noted: door. Dear guest, we shall mend it."},
                                   {"I cannot open the window.", "Noted: window. Dear guest, we shall mend it."},
                                   {"The television is silent.", "Noted: television. Dear guest, we shall mend it."},
                                   {"The heating is cold.", "Noted: heating. Dear guest, we shall mend it."},
                                   {"My key does not fit.", "Noted: key. Dear guest, we shall mend it."}};
constexpr const char* plain[]   = {
    ("Light from the sun takes about eight minutes to reach the earth. When we look at a distant star we see it as it "
       "was long ago."), // held out; those below may be rehearsed
    "The harvest had failed in the north, and merchants held their grain back in the hope of higher prices.",
    "To change a wheel, park on firm ground and loosen the nuts half a turn before you lift the car.",
    "In spring the cranes come back from the south and rest in the wet meadows by the river."};

using texts   = std::vector<graft::tuning_text>;
using updates = graft::lora_set<float>;

} // namespace

int main() {
    const graft::pool workers(2);
    graft::context    c{workers};
    const auto        read = graft::load_decoder(graft::posix_files{}, "build/models/smollm2",
                                                 {.weights = {.as = graft::weights_as::floats}}, c);
    if (!read) {
        std::fprintf(stderr, "%s\nexamples/models.sh smollm2 brings it\n", describe(read.error()).c_str());
        return 1;
    }
    const auto& model = *read->model().get_if<graft::llama<float>>();
    texts       old, old_held, fresh, fresh_held, english, english_held;
    const auto  take = [&](const auto& from, texts& train, texts& held_out) {
        for (const auto& [said, answer] : from)
            (train.size() < 6 ? train : held_out).push_back(graft::chat_text(*read, said, answer, c).value());
    };
    take(tone, old, old_held), take(desk, fresh, fresh_held);
    for (const char* text : plain) {
        const auto ids = read->words().encode(text, c).value().ids;
        (english_held.empty() ? english_held : english)
            .push_back(graft::tuning_text::of({}, std::vector<std::uint32_t>(ids.begin(), ids.end())));
    }

    // The mean loss of a token: what a text costs, by what it is to say.
    const auto loss = [&](const updates& beside, const texts& of) {
        double      sum = 0;
        std::size_t n   = 0;
        c.reset();
        for (const double cost : graft::text_losses(model, beside, of, 128, c).value()) sum += cost;
        for (const graft::tuning_text& t : of) n += t.labelled();
        return sum / static_cast<double>(n);
    };
    std::printf("%-28s %6s %6s %8s\n", "held-out loss of", "tone", "desk", "English");
    const auto show = [&](const char* what, const updates& beside) {
        std::printf("%-28s %6.2f %6.2f %8.2f\n", what, loss(beside, old_held), loss(beside, fresh_held),
                    loss(beside, english_held));
    };
    const auto learn = [&](updates from, const texts& some) { // always twelve steps of three texts
        c.reset();
        return graft::fit_lora(model, std::move(from), some, {},
                               {.optimiser = {.rate = 3e-3, .decay = 0}, .batch = 3, .epochs = 36 / some.size()}, c)
            .value()
            .updates;
    };
    const updates base;
    show("the untouched base", base);
    const auto start =
        updates::make(graft::lora_places(model), {.targets = {"q_proj", "v_proj"}, .params = {.alpha = 16}}).value();
    const updates first = learn(start, old);
    show("after the tone", first);
    show("then the desk", learn(first, fresh));

    // A third of what is learned now is drawn from before: none twice, by the seed. What is rehearsed is kept better; what is not is not.
    texts mixed = fresh;
    for (const std::uint32_t row : graft::rehearsed(fresh.size(), old.size(), 1. / 3).value())
        mixed.push_back(old[row]);
    show("the desk, and some tone", learn(first, mixed));
    mixed.insert(mixed.end(), english.begin(), english.end());
    show("the desk, tone and English", learn(first, mixed));
}
