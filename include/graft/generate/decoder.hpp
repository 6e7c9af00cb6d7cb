// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/elementary.hpp>
#include <graft/generate/chat_tokens.hpp>
#include <graft/generate/writing.hpp>
#include <graft/models/decoder_model.hpp>
#include <graft/models/kv_caches.hpp>
#include <graft/schema/language_model.hpp>
#include <graft/tokenize/tokenizer.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How a decoder is used.
struct decoder_params {
    chat_format chat = chat_format::none;
    std::size_t positions =
        0; ///< tokens of a prompt with its completion; 0, or more than the model has: all that it has
    /// A prompt that leaves no room for a completion loses its middle instead of being refused: the first quarter of the tokens that
    /// it may have stays, and its end. `token_usage::cut` says how many went.
    bool                  cut_prompt = false;
    std::vector<token_id> ends       = {}; ///< tokens that end a text, beside those that are known to
    std::size_t           caches     = 1;  ///< texts that are kept, to read on where a prompt begins like one of them
    std::size_t           batch      = 8;  ///< texts that `complete_each` writes at a time
};

/// The tokens of a text, and how likely a model finds each behind those before it.
struct token_scores {
    std::span<const token_id> ids             = {};
    std::span<const double>   log_probability = {}; ///< of each; 0 for those that were given, and for the first

    /// That of all together.
    [[nodiscard]] double sum() const noexcept {
        double all = 0;
        for (const double x : log_probability) all += x;
        return all;
    }
    template <class F>
    constexpr void each_view(F&& f) {
        f(ids, log_probability);
    }
};

/// Told to the listener of the context when a prompt has been read and the first token can be drawn.
struct prompt_read {
    std::size_t tokens = 0;
    std::size_t reused = 0; ///< of them: what an earlier text had begun with
};

/// A language model that runs inside the program: a model, its tokenizer, and how its chats are written.
///
///     auto model = load_decoder(posix_files{}, "smollm2", {}, c).value();
///     auto ask   = search(chunks, index) | prompt_from(chunks, {}, model) | model;
///
/// A completion is greedy unless its options sample. It streams into the listener of the context: whole characters, and never what a stop
/// text takes back. The same prompt, options and seed give the same tokens, whatever was asked before, beside it, on however many
/// threads. Marks that a model writes are its own; `constrained` holds them to the sources of the prompt.
/// Costs    a prompt is read in pieces of 256 tokens; beginnings that an earlier text had are not read again.
/// Thread   const: any number of callers, each with a context.
template <decoder_model Model>
    requires std::same_as<typename Model::scalar, float>
class basic_decoder {
    Model                 model_;
    tokenizer             words_;
    decoder_params        with_;
    std::vector<token_id> ends_;
    kv_caches<float>      caches_;

    static constexpr std::size_t piece = 256; // tokens of a prompt that are read at a time

    basic_decoder(Model model, tokenizer words, decoder_params with)
        : model_(std::move(model)), words_(std::move(words)), with_(std::move(with)),
          ends_(end_tokens(words_, with.chat, with.ends)), caches_(with.caches) {}

    /// A cache that goes back when it is not needed any longer.
    struct lent {
        const kv_caches<float>* from;
        kv_cache<float>         cache;

        lent(const kv_caches<float>& of, kv_cache<float> it) : from(&of), cache(std::move(it)) {}
        lent(lent&& other) noexcept : from(std::exchange(other.from, nullptr)), cache(std::move(other.cache)) {}
        lent& operator=(lent&& other) noexcept {
            std::swap(from, other.from);
            std::swap(cache, other.cache);
            return *this;
        }
        ~lent() {
            if (from != nullptr) from->give(std::move(cache));
        }
    };
    [[nodiscard]] lent cache_for(std::span<const token_id> text) const {
        return {caches_, caches_.take(text, [&] { return model_.make_cache(); })};
    }
    /// Reads what the cache lacks of a text; the logits behind its last token.
    [[nodiscard]] result<void> read(std::span<const token_id> text, kv_cache<float>& cache, matrix_view<float> logits,
                                    context& c) const;
    /// The tokens of a prompt, cut where that is asked for.
    struct fitted {
        std::span<const token_id> ids;
        std::size_t               cut = 0;
    };
    [[nodiscard]] result<fitted>  fit(result<std::span<const token_id>> ids, std::size_t wanted, arena& a) const;
    [[nodiscard]] detail::writing start(const fitted& prompt, const completion_options& with, context& c) const {
        return {prompt.ids, std::min(with.max_tokens, positions() - prompt.ids.size()), with, words_, ends_, c};
    }
    [[nodiscard]] static completion finished(const fitted& prompt, detail::writing& w) {
        return {w.told(), w.reason(), {prompt.ids.size(), w.made(), prompt.cut}, {}, w.own()};
    }

public:
    /// Puts the parts together.
    ///
    /// Fails    `wrong_shape`: the tokenizer has ids that the model lacks; `absent`: it lacks a control token of the chat format
    [[nodiscard]] static result<basic_decoder> of(Model model, tokenizer words, decoder_params with = {});
    basic_decoder(basic_decoder&&) noexcept            = default;
    basic_decoder& operator=(basic_decoder&&) noexcept = default;

    [[nodiscard]] const Model&              model() const noexcept { return model_; }
    [[nodiscard]] const tokenizer&          words() const noexcept { return words_; }
    [[nodiscard]] const decoder_params&     params() const noexcept { return with_; }
    [[nodiscard]] std::span<const token_id> ends() const noexcept { return ends_; }
    /// Tokens of a prompt with its completion.
    [[nodiscard]] std::size_t positions() const noexcept {
        const std::size_t all = model_.config.positions;
        return with_.positions > 0 ? std::min(with_.positions, all) : all;
    }
    /// The tokens of a text, without those of its turn.
    [[nodiscard]] std::size_t count(std::string_view text) const;
    /// Forgets the texts that were kept to read on from.
    void forget() const noexcept { caches_.forget(); }
    /// Lets low-rank updates stand beside the model or a prefix before its texts, as its `adapt` does, and forgets what was read without them. Not while anybody asks.
    [[nodiscard]] result<void> adapt(auto updates, auto&... with)
        requires requires(Model& m) { m.adapt(std::move(updates), with...); }
    {
        auto ok = model_.adapt(std::move(updates), with...);
        if (ok) forget();
        return ok;
    }

    /// Messages as the model reads them, with the turn of its own opened. Without a chat format: the texts, with what the tokenizer puts
    /// before one.
    [[nodiscard]] result<std::span<const token_id>> prompt_tokens(std::span<const message> turns, arena& a) const;

    /// Goes on from tokens.
    ///
    /// Takes    `language`: what may be written; null: all
    /// Borrows  the context: the text lives until its reset.
    /// Fails    `too_large`: the prompt alone fills the positions; `no_input`: it is empty; `bad_argument`: sampling out of its ranges; `absent`: no
    ///          token goes on in the language; stopped, timed_out, whatever was told by then
    [[nodiscard]] result<completion> go_on(result<std::span<const token_id>> from, const completion_options& with,
                                           context& c, detail::token_language* language = nullptr) const;
    /// Goes on from messages: the next turn of the assistant.
    [[nodiscard]] result<completion> complete(std::span<const message> turns, const completion_options& with,
                                              context& c) const {
        return go_on(prompt_tokens(turns, c), with, c);
    }
    /// The same of a prompt.
    [[nodiscard]] result<completion> complete(const prompt& p, const completion_options& with, context& c) const {
        return complete(p.messages, with, c);
    }

    /// Many prompts at once: up to `batch` texts are written side by side, and the weights are read once for all of them. Each is
    /// bit-equal to what `complete` gives. Nothing is told.
    [[nodiscard]] std::vector<result<completion>> complete_each(std::span<const prompt>   prompts,
                                                                const completion_options& with, context& c) const;

    /// How likely the model finds each token of a text: for perplexities, and to compare answers.
    ///
    /// Takes    `given`: so many of the first tokens are not scored
    /// Fails    `too_large`: more tokens than positions; `bad_argument` (row): an id that is none; stopped, timed_out
    [[nodiscard]] result<token_scores> score(std::span<const token_id> ids, std::size_t given, context& c) const;
    /// Of a text by itself, with what the tokenizer puts round it.
    [[nodiscard]] result<token_scores> score(std::string_view text, context& c) const;
    /// Of an answer behind messages; the messages' tokens stand before it and are given.
    [[nodiscard]] result<token_scores> score(std::span<const message> turns, std::string_view answer, context& c) const;

private:
    static constexpr std::size_t scored = 32; // rows of logits at a time

    [[nodiscard]] static double log_softmax(std::span<const float> logits, token_id id) noexcept {
        const double top = *std::max_element(logits.begin(), logits.end());
        double       sum = 0;
        for (const float z : logits) sum += exp_exact(double{z} - top);
        return double{logits[id]} - top - log_exact(sum);
    }
};

template <decoder_model Model>
    requires std::same_as<typename Model::scalar, float>
result<void> basic_decoder<Model>::read(std::span<const token_id> text, kv_cache<float>& cache,
                                        matrix_view<float> logits, context& c) const {
    while (cache.size() < text.size()) {
        const auto                 rest = text.subspan(cache.size());
        const decoder_input<float> in{rest.first(std::min(rest.size(), piece)), &cache};
        if (auto ok = model_.forward({&in, 1}, logits_of::last, logits, c); !ok) return ok;
    }
    return done;
}

template <decoder_model Model>
    requires std::same_as<typename Model::scalar, float>
auto basic_decoder<Model>::fit(result<std::span<const token_id>> ids, std::size_t wanted, arena& a) const
    -> result<fitted> {
    if (!ids) return ids.error();
    if (ids->empty()) return error{fault::no_input, unit::none, 0, "prompt"};
    const std::size_t room = positions() - std::min({wanted, positions() / 2, positions() - 1});
    if (ids->size() < positions() && (ids->size() <= room || !with_.cut_prompt)) return fitted{*ids, 0};
    if (!with_.cut_prompt) return error{fault::too_large, unit::none, positions(), "tokens of a prompt"};
    auto              kept = a.take_raw<token_id>(room);
    const std::size_t head = room / 4;
    std::copy_n(ids->begin(), head, kept.begin());
    std::copy(ids->end() - static_cast<std::ptrdiff_t>(room - head), ids->end(),
              kept.begin() + static_cast<std::ptrdiff_t>(head));
    return fitted{kept, ids->size() - room};
}

template <decoder_model Model>
    requires std::same_as<typename Model::scalar, float>
result<basic_decoder<Model>> basic_decoder<Model>::of(Model model, tokenizer words, decoder_params with) {
    if (words.size() > model.config.vocabulary)
        return error{fault::wrong_shape, unit::id, words.size(), "tokens of the tokenizer"};
    if (with.batch == 0) return error{fault::bad_argument, unit::none, 0, "batch"};
    arena         a;
    const segment hello{"hello", true, 0};
    const message turn{speaker::user, {&hello, 1}};
    if (auto ok = encode_chat(words, write_chat({&turn, 1}, with.chat, true, a), a); !ok) return ok.error();
    return basic_decoder(std::move(model), std::move(words), std::move(with));
}

template <decoder_model Model>
    requires std::same_as<typename Model::scalar, float>
std::size_t basic_decoder<Model>::count(std::string_view text) const {
    return words_.count(text);
}

template <decoder_model Model>
    requires std::same_as<typename Model::scalar, float>
result<std::span<const token_id>> basic_decoder<Model>::prompt_tokens(std::span<const message> turns, arena& a) const {
    const auto ids = encode_chat(words_, write_chat(turns, with_.chat, true, a), a);
    if (!ids || with_.chat != chat_format::none || !words_.bos()) return ids;
    const auto around = words_.encode("", a); // what stands round a text
    if (!around || around->ids.empty() || around->ids[0] != *words_.bos()) return ids;
    auto all = a.take_raw<token_id>(ids->size() + 1);
    all[0]   = *words_.bos();
    std::copy(ids->begin(), ids->end(), all.begin() + 1);
    return std::span<const token_id>(all);
}

template <decoder_model Model>
    requires std::same_as<typename Model::scalar, float>
result<completion> basic_decoder<Model>::go_on(result<std::span<const token_id>> from, const completion_options& with,
                                               context& c, detail::token_language* language) const {
    if (!with.sampling.valid()) return error{fault::bad_argument, unit::none, 0, "sampling"};
    const auto prompt = fit(std::move(from), with.max_tokens, c);
    if (!prompt) return prompt.error();
    detail::writing w = start(*prompt, with, c);
    w.hold_to(language);
    lent              mine   = cache_for(prompt->ids);
    const auto        logits = detail::take_matrix<float>(c, 1, model_.config.vocabulary);
    const prompt_read told{prompt->ids.size(), mine.cache.size()};
    if (!w.ended()) {
        if (auto ok = read(prompt->ids, mine.cache, logits, c); !ok) return ok.error();
        if (!c.emit(told)) w.stop();
    }
    while (!w.ended()) {
        if (auto ok = w.draw(logits.row(0), c); !ok) return ok.error();
        if (const auto news = w.news(); !news.empty() && !c.emit(text_delta{news})) w.stop();
        if (w.ended()) break;
        if (auto ok = c.alive(); !ok) return ok.error();
        const decoder_input<float> in{w.last(), &mine.cache};
        if (auto ok = model_.forward({&in, 1}, logits_of::last, logits, c); !ok) return ok.error();
    }
    return finished(*prompt, w);
}

template <decoder_model Model>
    requires std::same_as<typename Model::scalar, float>
std::vector<result<completion>> basic_decoder<Model>::complete_each(std::span<const prompt>   prompts,
                                                                    const completion_options& with, context& c) const {
    struct text {
        std::size_t     at; // of the prompts
        fitted          prompt;
        detail::writing w;
        lent            mine;
        bool            over = false;
    };
    std::vector<result<completion>> out(prompts.size(), error{fault::stopped});
    if (!with.sampling.valid()) {
        std::fill(out.begin(), out.end(), error{fault::bad_argument, unit::none, 0, "sampling"});
        return out;
    }
    std::vector<text> side; // by side
    side.reserve(with_.batch);
    const auto inputs = c.take<decoder_input<float>>(with_.batch);
    const auto logits = detail::take_matrix<float>(c, with_.batch, model_.config.vocabulary);
    const auto end    = [&](text& t, const auto& ok) { // whether the text is over, and what became of it
        t.over = !ok || t.w.ended();
        if (!ok) out[t.at] = ok.error();
        else if (t.over) {
            (void)t.w.news();
            out[t.at] = finished(t.prompt, t.w);
        }
        return t.over;
    };
    const auto begin = [&](std::size_t i) {
        const auto prompt = fit(prompt_tokens(prompts[i].messages, c), with.max_tokens, c);
        if (!prompt) {
            out[i] = prompt.error();
            return;
        }
        text        t{i, *prompt, start(*prompt, with, c), cache_for(prompt->ids)};
        const text* nearest = nullptr;
        std::size_t shared  = t.mine.cache.size();
        for (const text& other : side)
            if (const std::size_t n = std::min(other.mine.cache.common(prompt->ids), prompt->ids.size() - 1);
                n > shared)
                nearest = &other, shared = n;
        if (nearest != nullptr) t.mine.cache.fork(nearest->mine.cache, shared);
        if (end(t, result<void>(done))) return;
        auto ok = read(prompt->ids, t.mine.cache, {logits.row(0).data(), 1, logits.dims}, c);
        if (ok) ok = t.w.draw(logits.row(0), c);
        if (!end(t, ok)) side.push_back(std::move(t));
    };
    for (std::size_t next = 0; next < prompts.size() || !side.empty();) {
        while (side.size() < with_.batch && next < prompts.size()) begin(next++);
        if (side.empty()) continue;
        if (auto ok = c.alive(); !ok) {
            for (const text& t : side) out[t.at] = ok.error();
            for (; next < prompts.size(); ++next) out[next] = ok.error();
            break;
        }
        for (std::size_t s = 0; s < side.size(); ++s) inputs[s] = {side[s].w.last(), &side[s].mine.cache};
        const matrix_view<float> rows{logits.row(0).data(), side.size(), logits.dims};
        if (auto ok = model_.forward(inputs.first(side.size()), logits_of::last, rows, c); !ok) {
            for (const text& t : side) out[t.at] = ok.error();
            side.clear();
            continue;
        }
        for (std::size_t s = 0; s < side.size(); ++s) (void)end(side[s], side[s].w.draw(logits.row(s), c));
        std::erase_if(side, [](const text& t) { return t.over; });
    }
    return out;
}

template <decoder_model Model>
    requires std::same_as<typename Model::scalar, float>
result<token_scores> basic_decoder<Model>::score(std::span<const token_id> ids, std::size_t given, context& c) const {
    if (ids.size() > positions()) return error{fault::too_large, unit::none, positions(), "tokens of a text"};
    auto out  = c.take<double>(ids.size());
    lent mine = cache_for(ids);
    given     = std::clamp<std::size_t>(given, 1, std::max<std::size_t>(ids.size(), 1));
    // The token before the first one that is scored has to be read for its logits.
    mine.cache.shorten(given - 1);
    const auto all  = detail::take_matrix<float>(c, scored, model_.config.vocabulary);
    const auto view = [&](std::size_t rows) { return matrix_view<float>{all.row(0).data(), rows, all.dims}; };
    if (auto ok = read(ids.first(given - 1), mine.cache, view(1), c); !ok) return ok.error();
    for (std::size_t at = given - 1; at + 1 < ids.size();) {
        const std::size_t          n = std::min(scored, ids.size() - 1 - at);
        const decoder_input<float> in{ids.subspan(at, n), &mine.cache};
        if (auto ok = model_.forward({&in, 1}, logits_of::all, view(n), c); !ok) return ok.error();
        for (std::size_t i = 0; i < n; ++i) out[at + i + 1] = log_softmax(all.row(i), ids[at + i + 1]);
        at += n;
    }
    return token_scores{ids, out};
}

template <decoder_model Model>
    requires std::same_as<typename Model::scalar, float>
result<token_scores> basic_decoder<Model>::score(std::string_view text, context& c) const {
    const auto ids = words_.encode(text, c);
    if (!ids) return ids.error();
    return score(ids->ids, 1, c);
}

template <decoder_model Model>
    requires std::same_as<typename Model::scalar, float>
result<token_scores> basic_decoder<Model>::score(std::span<const message> turns, std::string_view answer,
                                                 context& c) const {
    const auto before = prompt_tokens(turns, c);
    if (!before) return before.error();
    const auto behind = words_.encode(answer, c, {.add_special = false, .goes_on = true});
    if (!behind) return behind.error();
    auto all = c.take_raw<token_id>(before->size() + behind->ids.size());
    std::copy(behind->ids.begin(), behind->ids.end(), std::copy(before->begin(), before->end(), all.begin()));
    return score(all, before->size(), c);
}

} // namespace graft::inline GRAFT_ABI
