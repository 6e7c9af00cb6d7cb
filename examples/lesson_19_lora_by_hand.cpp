// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 19: LoRA by hand.
//
// A layer computes y = W x. Tuning all of W means a gradient and two moments for each of its numbers. LoRA leaves W alone and learns what is
// to be added, as a product of two thin matrices: y = W x + scale · B (A x). This lesson does one such layer with nothing but matrices: no model.

#include <graft/adapt/lora.hpp>
#include <graft/base/random.hpp>
#include <graft/linalg/product.hpp>
#include <graft/tune/adamw.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

using numbers = graft::matrix<double>;

int main() {
    constexpr std::size_t in = 48, out = 32, rank = 2, texts = 64;
    graft::context        c;
    graft::counter_random draw(19);
    const auto            drawn = [&](std::size_t rows, std::size_t dims) {
        numbers m(rows, dims);
        for (double& x : m.flat()) x = 2 * draw.unit64() - 1;
        return m;
    };

    // The frozen layer; and what it should have been: W and a change of two directions, which only the examples know.
    const numbers W = drawn(out, in), one = drawn(out, rank), other = drawn(rank, in), X = drawn(texts, in);
    numbers       change(out, in), base(texts, out), wanted(texts, out);
    multiply_ab(one.view(), other.view(), change.view());
    numbers right = W;
    for (std::size_t i = 0; i < right.flat().size(); ++i) right.flat()[i] += .2 * change.flat()[i];
    multiply_abt(X.view(), W.view(), base.view());
    multiply_abt(X.view(), right.view(), wanted.view());

    auto update = graft::lora<double>::make(in, out, {.rank = rank, .alpha = 4}).value();
    std::printf("W has %zu numbers, A and B have %zu\n", W.flat().size(), rank * (in + out));

    // Half the mean squared error, and its gradients: dy of the layer's output, then dA and dB by the update's own backward pass.
    numbers    y(texts, out), dy(texts, out);
    auto       grads = update.zero_grads();
    const auto look  = [&] {
        const graft::arena::scope scratch(c);
        y                = base;
        const auto saved = update.forward(X.view(), y.view(), c);
        double     loss  = 0;
        for (std::size_t i = 0; i < y.flat().size(); ++i) {
            const double off = y.flat()[i] - wanted.flat()[i];
            loss += off * off / 2 / static_cast<double>(texts), dy.flat()[i] = off / static_cast<double>(texts);
        }
        grads = update.zero_grads();
        update.backward(X.view(), saved, dy.view(), grads, {}, c);
        return loss;
    };
    const auto   zero = [](const numbers& m) { return std::ranges::all_of(m.flat(), [](double x) { return x == 0; }); };
    const double before = look();
    std::printf("at birth B is 0: the layer gives what the base gives, to the bit: %s\n",
                std::ranges::equal(y.flat(), base.flat()) ? "yes" : "no");
    std::printf("so A has no gradient yet: %s; B has one: %s\n\n", zero(grads.A) ? "yes" : "no",
                zero(grads.B) ? "no" : "yes");

    // AdamW, a moment of each kind for A and for B; W has none.
    graft::adamw<double> of_a(update.A.flat().size()), of_b(update.B.flat().size());
    std::printf("step   0: loss %.4f\n", before);
    for (std::size_t step = 1; step <= 400; ++step) {
        of_a.step(update.A.flat(), grads.A.flat(), {.rate = .02, .decay = 0}).value();
        of_b.step(update.B.flat(), grads.B.flat(), {.rate = .02, .decay = 0}).value();
        const double loss = look();
        if (step == 1) { // Is the gradient right? Move one number of A a little both ways, and see what the loss does.
            const double claimed = grads.A.flat()[5], tiny = 1e-5;
            double&      a     = update.A.flat()[5];
            const double is    = a;
            a                  = is + tiny;
            const double up    = look();
            a                  = is - tiny;
            const double slope = (up - look()) / (2 * tiny);
            a                  = is;
            std::printf("step   1: the slope of the loss is the gradient, within a millionth: %s\n",
                        std::abs(slope - claimed) < 1e-6 * std::abs(claimed) ? "yes" : "no");
            (void)look();
        }
        if (step == 25 || step == 50 || step == 100 || step == 400) std::printf("step %3zu: loss %.4f\n", step, loss);
    }

    // Two directions were to be learned, and rank 2 holds two. Of a rank that is too small the rest stays a loss.
    numbers learned(out, in);
    multiply_ab(update.B.view(), update.A.view(), learned.view());
    double off = 0, all = 0;
    for (std::size_t i = 0; i < learned.flat().size(); ++i) {
        const double is = .2 * change.flat()[i];
        off += std::pow(update.scale * learned.flat()[i] - is, 2), all += is * is;
    }
    std::printf("\nscale · B A misses the change that was to be learned by %.1f %%\n", 100 * std::sqrt(off / all));

    // Merged, the layer costs what it did before. Subtracting does not bring the base back to the bit: keep it, or keep the two apart.
    numbers merged = W, yes(texts, out);
    update.merge_into(merged.view()).value();
    multiply_abt(X.view(), merged.view(), yes.view());
    (void)look();
    double most = 0;
    for (std::size_t i = 0; i < y.flat().size(); ++i) most = std::max(most, std::abs(y.flat()[i] - yes.flat()[i]));
    for (std::size_t i = 0; i < merged.flat().size(); ++i) merged.flat()[i] -= update.scale * learned.flat()[i];
    std::printf("merged, the same outputs within 1e-12: %s; W again by subtraction, to the bit: %s\n",
                most < 1e-12 ? "yes" : "no", std::ranges::equal(merged.flat(), W.flat()) ? "yes" : "no");
}
