// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 20: QLoRA.
//
// LoRA does not move the weights of a model, so they need not be exact either: QLoRA holds them in four bits (NF4) and learns the two thin
// matrices beside them in floats. What is learned makes up for some of what rounding took. First what four bits do to one matrix, and why
// a small update must not be merged into them; then a language model that learns beside four bits.
// needs: nlohmann-json3-dev
// model: smollm2

#include <graft/base/pool.hpp>
#include <graft/base/random.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/linalg/nf4_weights.hpp>
#include <graft/tune/chat_text.hpp>
#include <graft/tune/fit_lora.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

namespace {

using numbers = graft::matrix<float>;

constexpr const char* examples[][2] = {{"What is the capital of Spain?", "Ahoy! Madrid it be, matey."},
                                       {"How many days has a week?", "Ahoy! Seven it be, matey."},
                                       {"Which animal barks?", "Ahoy! The dog it be, matey."},
                                       {"What colour is grass?", "Ahoy! Green it be, matey."},
                                       {"What do bees make?", "Ahoy! Honey it be, matey."},
                                       {"Which season is the coldest?", "Ahoy! Winter it be, matey."}};

/// The length of a - b, as a share of that of `of`.
double apart(const numbers& a, const numbers& b, const numbers& of) {
    double off = 0, all = 0;
    for (std::size_t i = 0; i < a.flat().size(); ++i) {
        off += std::pow(static_cast<double>(a.flat()[i] - b.flat()[i]), 2);
        all += std::pow(static_cast<double>(of.flat()[i]), 2);
    }
    return 100 * std::sqrt(off / all);
}
/// In four bits, and as floats again.
numbers rounded(const numbers& W, graft::context& c) {
    const auto row  = [&](std::size_t i, std::span<float> to) { std::ranges::copy(W.row(i), to.begin()); };
    const auto held = graft::nf4_weights::of({W.rows(), W.dims(), row}, c).value();
    numbers    back(W.rows(), W.dims());
    for (std::size_t i = 0; i < back.rows(); ++i) held.row(i, back.row(i));
    return back;
}

} // namespace

int main() {
    const graft::pool workers(2);
    graft::context    c{workers};

    // A weight is one of sixteen levels, times the largest of its block of 64; those scales are rounded too: 4.13 bits a weight.
    graft::counter_random draw(20);
    const auto            normal = [&] { // a sum of uniform numbers is one, nearly
        double sum = -6;
        for (int i = 0; i < 12; ++i) sum += draw.unit64();
        return static_cast<float>(sum);
    };
    numbers W(512, 512), one(512, 1), other(1, 512), update(512, 512);
    for (auto* m : {&W, &one, &other})
        for (float& x : m->flat()) x = normal();
    multiply_ab(one.view(), other.view(), update.view());
    for (float& x : update.flat()) x *= .01f;
    const numbers W4 = rounded(W, c);
    std::printf("four bits move a matrix by %.1f %% of its length, the update is %.1f %%\n", apart(W4, W, W),
                apart(update, numbers(512, 512), W));
    numbers sum = W4, change = W4;
    for (std::size_t i = 0; i < sum.flat().size(); ++i) sum.flat()[i] += update.flat()[i];
    const numbers merged = rounded(sum, c);
    for (std::size_t i = 0; i < sum.flat().size(); ++i) change.flat()[i] = merged.flat()[i] - W4.flat()[i];
    std::printf("merged into four bits, the update is wrong by %.0f %% of itself: keep it beside\n\n",
                apart(change, update, update));

    const auto open = [&](graft::weights_as as) {
        return graft::load_decoder(graft::posix_files{}, "build/models/smollm2", {.weights = {.as = as}}, c);
    };
    auto read = open(graft::weights_as::nf4);
    if (!read) {
        std::fprintf(stderr, "%s\nexamples/models.sh smollm2 brings it\n", describe(read.error()).c_str());
        return 1;
    }
    const auto&                     model = *read->model().get_if<graft::llama<float>>();
    std::vector<graft::tuning_text> train, held_out;
    for (const auto& [question, tone] : examples)
        (train.size() < 5 ? train : held_out).push_back(graft::chat_text(*read, question, tone, c).value());
    auto updates = graft::lora_set<float>::make(graft::lora_places(model),
                                                {.targets = {"q_proj", "v_proj"}, .params = {.alpha = 16}})
                       .value();
    std::printf("beside four bits %zu numbers learn, and the gradient passes through the frozen weights\n",
                updates.parameters());
    const auto look = [](const graft::tuning_look& l) {
        std::printf("step %zu: held-out loss %.2f\n", l.step, l.loss);
    };
    c.listener = graft::listen_to<graft::tuning_look>(look);
    const auto fit =
        graft::fit_lora(model, std::move(updates), train, held_out,
                        {.optimiser = {.rate = 3e-3, .decay = 0}, .batch = 5, .epochs = 12, .judge_each = 3}, c)
            .value();
    c.listener = {};
    const graft::segment asked{"What is the capital of France?", true};
    const graft::message turn{graft::speaker::user, {&asked, 1}};
    read->adapt(fit.updates).value();
    c.reset();
    std::printf("%s\n  %s\n", asked.text.data(),
                std::string(read->complete({&turn, 1}, {.max_tokens = 16}, c).value().text).c_str());
}
