// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/base/random.hpp>
#include <graft/base/result.hpp>
#include <graft/tune/lora_trainer.hpp>
#include <graft/tune/prompt_trainer.hpp>
#include <graft/tune/rate_schedule.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How the updates beside a language model are tuned, or the virtual tokens before its texts.
struct fit_lora_params {
    adamw_params  optimiser = {.rate = 2e-4, .decay = 0};
    rate_schedule rate      = {.shape = rate_shape::linear, .warmup = 0};
    double        b_rate    = 1; ///< how many times the rate of A that of B is; above 1 it is LoRA+
    double        clip      = 1; ///< the length to which a longer gradient is cut; 0: never
    std::size_t   batch     = 4; ///< texts a step
    std::size_t   epochs    = 1; ///< passes over all texts
    std::size_t   together =
        512; ///< tokens that run through the model at a time, or one text: memory, and the last bits, depend on it
    bool          shuffle    = true; ///< another order in each epoch
    std::size_t   judge_each = 0;    ///< steps between two looks at the held-out texts; 0: after each epoch
    bool          keep_best  = true; ///< give the state with the least held-out loss, which may be the untouched base
    std::size_t   patience   = 0;    ///< with keep_best: looks without a better state before it stops; 0: never
    std::uint64_t seed       = 0;    ///< of the order, and of the dropout
    bool          checkpoint_activations =
        false; ///< beside a decoder: less memory, more time, the same bits, so a run may go on with it or without

    [[nodiscard]] bool valid() const noexcept {
        constexpr std::size_t most = std::size_t{1} << 31;
        return optimiser.valid() && lora_tuning{b_rate}.valid() && is_finite(clip) && clip >= 0 && batch > 0 &&
               epochs > 0 && epochs <= most && together > 0;
    }
    /// Steps of an epoch, and of a whole run, over so many texts; at least one.
    [[nodiscard]] std::size_t epoch_steps(std::size_t texts) const noexcept { return (texts - 1) / batch + 1; }
    [[nodiscard]] std::size_t run_steps(std::size_t texts) const noexcept { return epoch_steps(texts) * epochs; }
    /// What decides what a run does, so that another does not go on with its checkpoint.
    [[nodiscard]] std::uint64_t hash() const noexcept {
        std::uint64_t h = 0;
        for (const double x :
             {optimiser.rate, optimiser.beta1, optimiser.beta2, optimiser.floor, optimiser.decay, clip, b_rate})
            h = mix64(h, std::bit_cast<std::uint64_t>(x));
        for (const std::uint64_t x :
             {std::uint64_t{rate.warmup}, std::uint64_t{batch}, std::uint64_t{epochs}, std::uint64_t{together},
              std::uint64_t{judge_each}, std::uint64_t{patience}, seed,
              static_cast<std::uint64_t>(rate.shape) << 2 | std::uint64_t{shuffle} << 1 | std::uint64_t{keep_best}})
            h = mix64(h, x);
        return h;
    }
};

namespace detail {

/// The texts of an epoch in their order.
template <class Example>
void order_epoch(std::span<const Example> all, const fit_lora_params& how, std::size_t epoch,
                 std::vector<const Example*>& to) {
    to.clear();
    for (const Example& t : all) to.push_back(&t);
    if (how.shuffle) counter_random(how.seed, mix64(0x65706f6368 /* "epoch" */, epoch)).shuffle(std::span(to));
}

} // namespace detail

/// What the listener is told after each look at the held-out texts; at step 0 they meet what is tuned as it begins: of updates the untouched base.
struct tuning_look {
    std::size_t step = 0;
    double      loss = 0;     ///< of the held-out texts
    bool        best = false; ///< less than ever before
};

/// What was tuned, and what it gained where it did not train.
template <class Tuned>
struct basic_fitted {
    Tuned       updates; ///< virtual tokens that are none are the untouched base
    std::size_t step  = 0,
                steps = 0; ///< the one that was kept (0: as it began, or the untouched base), and how many were done
    double base_loss = -1, loss = -1;    ///< of the held-out texts, by the base and by what was kept; -1: none held out
    double train_loss              = 0;  ///< mean of the last epoch's steps
    std::vector<tuning_step> curve = {}; ///< every step
    std::vector<tuning_look> looks = {}; ///< every look
};
/// Tuned updates.
using fitted_lora = basic_fitted<lora_set<float>>;

/// Tunes low-rank updates beside a frozen decoder, or virtual tokens before its texts, on texts: the loss of their labelled tokens, AdamW, a schedule, the best held-out state.
///
///     auto run = lora_run<llama<float>>::make(model, updates, train, held_out, {.epochs = 3}, c).value();
///     while (run.next(c).value()) {}       // one step each; save(run) between two of them at will
///     auto fitted = std::move(run).finish();
///
/// The same bits for every number of threads, and when it is stopped, saved, restored and carried on.
/// `Trainer` says what is tuned and what it learns from: `lora_trainer` (then it is a `lora_run`), `prompt_trainer` (a `prefix_run` or a
/// `soft_prompt_run`), or those of encoders (fit_encoder_lora.hpp).
///
/// Borrows  the model and the texts.
/// Source   Hu et al. 2021, arXiv 2106.09685; keeping the base where nothing is better: none worse is ever given.
template <class Trainer>
class tuning_run {
public:
    using trainer_type = Trainer;
    using example      = typename Trainer::example;
    using model_type   = typename Trainer::model_type;
    using tuned        = typename Trainer::tuned;

private:
    using fitted = basic_fitted<tuned>;

    std::span<const example>    train_, held_out_;
    fit_lora_params             how_;
    Trainer                     trainer_;
    fitted                      best_;
    std::size_t                 since_ = 0; // looks without a better state
    double                      least_ = 0; // of all looks
    bool                        over_  = false;
    std::vector<const example*> order_, some_;
    std::size_t                 ordered_ = std::numeric_limits<std::size_t>::max();

    tuning_run(Trainer t, std::span<const example> train, std::span<const example> held_out, const fit_lora_params& how)
        : train_(train), held_out_(held_out), how_(how), trainer_(std::move(t)) {}

    [[nodiscard]] std::size_t an_epoch() const noexcept { return how_.epoch_steps(train_.size()); }
    void                      order(std::size_t epoch) {
        if (ordered_ == epoch) return;
        ordered_ = epoch;
        detail::order_epoch(train_, how_, epoch, order_);
    }
    /// Whether the held-out texts are to be looked at now: after so many steps, at both ends, and where a look did not come to its end.
    [[nodiscard]] bool look_is_due() const noexcept {
        if (held_out_.empty()) return false;
        if (best_.looks.empty()) return true;
        const std::size_t each = how_.judge_each > 0 ? how_.judge_each : an_epoch();
        return best_.looks.back().step != steps() && (steps() % each == 0 || steps() == all_steps() || over_);
    }
    [[nodiscard]] result<void> look(context& c) {
        if (!look_is_due()) return done;
        some_.clear();
        for (const example& t : held_out_) some_.push_back(&t);
        const bool first = best_.looks.empty();
        const auto loss  = trainer_.loss(some_, how_.together, c);
        if (!loss) return loss.error();
        if constexpr (!Trainer::begins_as_base)
            if (first) { // the base is no state of the training, but may be the best
                const auto base = trainer_.base_loss(some_, how_.together, c);
                if (!base) return base.error();
                best_.base_loss = best_.loss = least_ = *base;
            }
        tuning_look told{trainer_.steps(), *loss, (first && Trainer::begins_as_base) || *loss < least_};
        if (first && Trainer::begins_as_base) best_.base_loss = *loss;
        since_ = told.best ? 0 : since_ + 1;
        if (told.best) least_ = *loss;
        if (told.best || !how_.keep_best) keep(*loss);
        best_.looks.push_back(told);
        if (how_.keep_best && how_.patience > 0 && since_ >= how_.patience) over_ = true;
        if (!c.emit(told)) over_ = true;
        return done;
    }
    void keep(double loss) { best_.updates = trainer_.updates(), best_.step = trainer_.steps(), best_.loss = loss; }
    /// Of the parameters and the texts.
    [[nodiscard]] std::uint64_t about() const noexcept {
        std::uint64_t h = how_.hash();
        if constexpr (requires { trainer_.hash(); }) h = mix64(h, trainer_.hash());
        for (const auto texts : {train_, held_out_}) {
            h = mix64(h, texts.size());
            for (const example& t : texts) h = mix64(h, t.hash());
        }
        return h;
    }

public:
    static constexpr std::uint32_t    format = 1;
    static constexpr std::string_view kind   = Trainer::begins_as_base ? "lora run" : "prompt run";

    /// Takes    what is tuned, as it begins
    /// Fails    as the trainer's `make` and `check`; `bad_argument` for parameters out of range; stopped, timed_out
    static result<tuning_run> make(const model_type&&, tuned, std::span<const example>, std::span<const example>,
                                   const fit_lora_params&, context&) = delete;
    [[nodiscard]] static result<tuning_run> make(const model_type& model, tuned updates, std::span<const example> train,
                                                 std::span<const example> held_out, const fit_lora_params& how,
                                                 context& c) {
        if (!how.valid()) return error{fault::bad_argument, unit::none, 0, "fit_lora"};
        auto trainer = Trainer::make(model, std::move(updates), {how.b_rate, how.seed, how.checkpoint_activations});
        if (!trainer) return trainer.error();
        if (auto ok = trainer->check(train); !ok) return ok.error();
        if (!held_out.empty())
            if (auto ok = trainer->check(held_out); !ok) return ok.error();
        tuning_run run(std::move(*trainer), train, held_out, how);
        if (auto ok = run.look(c); !ok) return ok.error();
        return run;
    }

    [[nodiscard]] std::size_t all_steps() const noexcept { return how_.run_steps(train_.size()); } ///< of the whole run
    [[nodiscard]] std::size_t steps() const noexcept { return trainer_.steps(); }                  ///< that were done
    [[nodiscard]] const Trainer& trainer() const noexcept { return trainer_; }

    /// One step more. The listener hears a `tuning_step`, and a `tuning_look` where the held-out texts were looked at; when it has heard enough (it gives
    /// false), the run is over.
    ///
    /// Gives    whether there is another
    /// Fails    as the trainer's `step`, and then the run is as it was before, but where a row beside magnitudes has no length: throw it away; as its `loss` behind a step that was done: the next call looks again
    [[nodiscard]] result<bool> next(context& c) {
        if (auto ok = look(c); !ok) return ok.error(); // one that was stopped
        if (over_ || steps() >= all_steps()) return false;
        const std::size_t epoch = steps() / an_epoch(), at = steps() % an_epoch() * how_.batch;
        order(epoch);
        adamw_params by = how_.optimiser;
        by.rate *= how_.rate.at(steps(), all_steps());
        const auto told =
            trainer_.step(std::span<const example* const>(order_).subspan(at, std::min(how_.batch, order_.size() - at)),
                          how_.together, by, how_.clip, c);
        if (!told) return told.error();
        best_.curve.push_back(*told);
        if (!c.emit(*told)) over_ = true;
        if (auto ok = look(c); !ok) return ok.error();
        return !over_ && steps() < all_steps();
    }

    /// What the run gives: the best state, or the last one where nothing was held out.
    [[nodiscard]] fitted finish() && {
        if (held_out_.empty() || (!how_.keep_best && best_.step != steps())) keep(-1);
        best_.steps = steps();
        if (!best_.curve.empty()) {
            const std::size_t n = std::min(best_.curve.size(), an_epoch());
            for (std::size_t i = best_.curve.size() - n; i < best_.curve.size(); ++i)
                best_.train_loss += best_.curve[i].loss / static_cast<double>(n);
        }
        return std::move(best_);
    }

    /// All that the run needs to go on: updates, moments, steps, the best state, the curve; and hashes of texts and parameters.
    void save(byte_writer& to) const {
        to.header(kind, format);
        to.u64(about());
        to.u64(steps());
        to.u64(since_);
        to.f64(least_);
        to.u8(over_ ? 1 : 0);
        to.u64(best_.step);
        to.f64(best_.base_loss);
        to.f64(best_.loss);
        to.u64(best_.curve.size());
        for (const tuning_step& s : best_.curve) {
            for (const std::size_t n : {s.step, s.labelled, s.tokens}) to.u64(n);
            for (const double x : {s.loss, s.norm, s.rate}) to.f64(x);
        }
        to.u64(best_.looks.size());
        for (const tuning_look& l : best_.looks) to.u64(l.step), to.f64(l.loss), to.u8(l.best ? 1 : 0);
        Trainer::save_state(to, best_.updates);
        trainer_.save(to);
    }
    /// Goes back to a saved state of the same run: made of the same model, updates, texts and parameters.
    ///
    /// Fails    `other_run` where texts, parameters or the base are others; as the trainer's `restore`: then nothing has changed, but for rows without a length
    [[nodiscard]] result<void> restore(byte_reader& from) {
        if (from.header(kind, format) == 0) return from.error(fault::foreign);
        if (from.u64() != about()) return from.error(from.ok() ? fault::other_run : fault::truncated);
        fitted       best;
        const auto   steps = from.u64(), since = from.u64();
        const double least = from.f64();
        const bool   over  = from.u8() != 0;
        best.step = from.u64(), best.base_loss = from.f64(), best.loss = from.f64();
        for (std::size_t n = from.count(48); n > 0 && from.ok(); --n) {
            tuning_step s;
            s.step = from.u64(), s.labelled = from.u64(), s.tokens = from.u64();
            s.loss = from.f64(), s.norm = from.f64(), s.rate = from.f64();
            best.curve.push_back(s);
        }
        for (std::size_t n = from.count(17); n > 0 && from.ok(); --n) {
            tuning_look l;
            l.step = from.u64(), l.loss = from.f64(), l.best = from.u8() != 0;
            best.looks.push_back(l);
        }
        if (!from.ok()) return from.error(fault::truncated);
        auto state = trainer_.load_state(from);
        if (!state) return state.error();
        best.updates      = std::move(*state);
        const bool judged = !held_out_.empty(), none = best.updates.parameters() == 0;
        const bool may_be_none = Trainer::begins_as_base ? !judged : !judged || best.step == 0;
        if (best.curve.size() != steps || steps > all_steps() || best.step > steps || best.looks.empty() == judged ||
            (none ? !may_be_none : !judged) || (judged && (!is_finite(best.loss) || !is_finite(least))))
            return from.error(fault::malformed);
        for (const tuning_look& l : best.looks)
            if (l.step > steps || !is_finite(l.loss)) return from.error(fault::malformed);
        // The base says the same of the held-out texts, to the bit, or it is another.
        if (judged && this->steps() == 0 && best.base_loss != best_.base_loss) return from.error(fault::other_run);
        if (auto ok = trainer_.restore(from, steps); !ok) return ok;
        best_ = std::move(best), since_ = since, least_ = least, over_ = over;
        return done;
    }
};

/// A run that tunes updates beside the layers of a decoder.
template <class Model>
using lora_run = tuning_run<lora_trainer<Model>>;
/// A run that tunes keys and values before every text.
template <class Model>
using prefix_run = tuning_run<prompt_trainer<Model, prefix<float>>>;
/// A run that tunes rows before the embedded tokens of every text.
template <class Model>
using soft_prompt_run = tuning_run<prompt_trainer<Model, soft_prompt<float>>>;

namespace detail {

template <class Run>
[[nodiscard]] auto to_its_end(result<Run> run, context& c) -> result<decltype(std::move(*run).finish())> {
    if (!run) return run.error();
    for (;;) {
        const auto more = run->next(c);
        if (!more) return more.error();
        if (!*more) return std::move(*run).finish();
    }
}

} // namespace detail

/// A whole run of `lora_run`.
///
/// Fails    as `tuning_run::make` and `next`
template <class Model>
[[nodiscard]] result<fitted_lora> fit_lora(const Model& model, lora_set<float> updates,
                                           std::span<const tuning_text> train, std::span<const tuning_text> held_out,
                                           const fit_lora_params& how, context& c) {
    return detail::to_its_end(lora_run<Model>::make(model, std::move(updates), train, held_out, how, c), c);
}

} // namespace graft::inline GRAFT_ABI
