// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/schema/message.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// How a chat model wants its turns written. A fixed set: a template that a model file brings is recognised, never run.
enum class chat_format : std::uint8_t {
    none,    ///< no turns: the texts, a blank line between them
    chatml,  ///< `<|im_start|>user\n … <|im_end|>\n`, no system turn of its own
    smollm2, ///< ChatML with SmolLM2's system turn where a conversation begins without one
    qwen2,   ///< the same with Qwen2's
    qwen2_5, ///< the same with Qwen2.5's
    zephyr,  ///< `<|user|>\n … </s>\n`: Zephyr, TinyLlama-Chat
    llama2,  ///< `<s>[INST] … [/INST] … </s>`, the system turn inside the first user turn
    llama3,  ///< `<|start_header_id|>user<|end_header_id|>\n\n … <|eot_id|>`
};

/// A piece of a conversation as a chat model reads it. Only a control piece may become a control token, and it is one token; all
/// else is text, whatever it spells. A piece that stands alone came from a document or a user: it is tokenised by itself.
struct chat_piece {
    std::string_view text    = {};
    bool             control = false;
    bool             alone   = false;

    template <class F>
    constexpr void each_view(F&& f) {
        f(text);
    }
};

/// The system turn that a format brings where a conversation has none; empty: it brings none.
[[nodiscard]] constexpr std::string_view default_system_turn(chat_format f) noexcept {
    switch (f) {
    case chat_format::smollm2: return "You are a helpful AI assistant named SmolLM, trained by Hugging Face";
    case chat_format::qwen2: return "You are a helpful assistant.";
    case chat_format::qwen2_5: return "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";
    default: return {};
    }
}

/// The format whose template a model file brings ("tokenizer.chat_template" of GGUF, "chat_template" of
/// tokenizer_config.json), by the marks that it contains; none where it is no known one.
[[nodiscard]] constexpr chat_format recognise_chat_format(std::string_view jinja) noexcept {
    const auto has = [&](std::string_view s) { return jinja.find(s) != std::string_view::npos; };
    if (has("<|im_start|>")) {
        for (const chat_format f : {chat_format::smollm2, chat_format::qwen2_5, chat_format::qwen2})
            if (has(default_system_turn(f))) return f;
        return chat_format::chatml;
    }
    if (has("<|start_header_id|>")) return chat_format::llama3;
    if (has("[INST]")) return chat_format::llama2;
    if (has("<|user|>")) return chat_format::zephyr;
    return chat_format::none;
}

/// What ends a turn of the assistant, beside the model's own end of text; empty: nothing else does.
[[nodiscard]] constexpr std::string_view end_of_turn(chat_format f) noexcept {
    switch (f) {
    case chat_format::chatml:
    case chat_format::smollm2:
    case chat_format::qwen2:
    case chat_format::qwen2_5: return "<|im_end|>";
    case chat_format::llama3: return "<|eot_id|>";
    case chat_format::zephyr:
    case chat_format::llama2: return "</s>";
    case chat_format::none: break;
    }
    return {};
}

namespace detail {

struct chat_writer {
    arena_list<chat_piece> pieces;

    void control(std::string_view text) { pieces.push_back({text, true, false}); }
    void plain(std::string_view text) {
        if (!text.empty()) pieces.push_back({text, false, false});
    }
    void content(std::span<const segment> from) {
        for (const segment& s : from)
            if (!s.text.empty()) pieces.push_back({s.text, false, !s.trusted});
    }
    [[nodiscard]] static constexpr std::string_view name(speaker s) noexcept {
        return s == speaker::system ? "system"
               : s == speaker::user ? "user"
               : s == speaker::tool ? "tool"
                                    : "assistant";
    }

    void chatml(std::span<const message> turns, std::string_view system, bool ask) {
        const auto open = [&](std::string_view who) { control("<|im_start|>"), plain(who), plain("\n"); };
        const auto end  = [&] { control("<|im_end|>"), plain("\n"); };
        if (!system.empty() && (turns.empty() || turns[0].from != speaker::system))
            open("system"), plain(system), end();
        for (const message& m : turns) open(name(m.from)), content(m.segments), end();
        if (ask) open("assistant");
    }
    void llama3(std::span<const message> turns, bool ask) {
        const auto open = [&](std::string_view who) {
            control("<|start_header_id|>"), plain(who), control("<|end_header_id|>"), plain("\n\n");
        };
        control("<|begin_of_text|>");
        for (const message& m : turns)
            open(m.from == speaker::tool ? "ipython" : name(m.from)), content(m.segments), control("<|eot_id|>");
        if (ask) open("assistant");
    }
    void zephyr(std::span<const message> turns, bool ask) {
        const auto open = [&](std::string_view who) { plain("<|"), plain(who), plain("|>\n"); };
        for (const message& m : turns)
            open(m.from == speaker::tool ? "user" : name(m.from)), content(m.segments), control("</s>"), plain("\n");
        if (ask) open("assistant");
    }
    void llama2(std::span<const message> turns) {
        const message* system = nullptr;
        for (const message& m : turns) {
            if (m.from == speaker::system) system = &m;
            else if (m.from != speaker::assistant) {
                control("<s>"), plain("[INST] ");
                if (system != nullptr) plain("<<SYS>>\n"), content(system->segments), plain("\n<</SYS>>\n\n");
                content(m.segments), plain(" [/INST]");
                system = nullptr;
            } else plain(" "), content(m.segments), plain(" "), control("</s>");
        }
    }
    void none(std::span<const message> turns) {
        for (const message& m : turns) {
            if (!pieces.empty()) plain("\n\n");
            content(m.segments);
        }
    }
};

} // namespace detail

/// A conversation in the pieces that a tokenizer takes.
///
/// Takes    the turns in their order; `ask`: whether the assistant's next turn is opened. Formats without a system turn of its own
///          write it inside the next turn of the user.
/// Gives    pieces that concatenate to what the model's own template writes, where that neither trims nor refuses.
/// Borrows  the messages and the arena.
[[nodiscard]] inline std::span<const chat_piece> write_chat(std::span<const message> turns, chat_format format,
                                                            bool ask, arena& a) {
    detail::chat_writer to{arena_list<chat_piece>(a, 8 * turns.size() + 8)};
    switch (format) {
    case chat_format::none: to.none(turns); break;
    case chat_format::zephyr: to.zephyr(turns, ask); break;
    case chat_format::llama2: to.llama2(turns); break;
    case chat_format::llama3: to.llama3(turns, ask); break;
    default: to.chatml(turns, default_system_turn(format), ask);
    }
    return to.pieces.items();
}

} // namespace graft::inline GRAFT_ABI
