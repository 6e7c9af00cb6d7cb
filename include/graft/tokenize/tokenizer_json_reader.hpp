// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/tokenize/sentencepiece.hpp>
#include <graft/tokenize/tiktoken.hpp>
#include <graft/tokenize/tokenizer_json_text.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// Reads the parts of a tokenizer.json one after another; the first that is not known ends it.
class tokenizer_json_reader : tokenizer_json_text {
    bool id_at(const json_value& at, token_id& id) { return take(at.number<std::uint32_t>(), id); }

    /// The vocabulary of an object `text: number`.
    bool vocabulary_of(const json_value& vocab) {
        const auto members = vocab.object();
        if (!members) return why_ = members.error(), false;
        for (const json_member m : *members) {
            const auto id = m.value.template number<std::uint32_t>();
            if (!id) return why_ = id.error(), false;
            if (*id >= (1u << 24)) return refuse(m.value, fault::too_large);
            if (*id >= texts_.size()) texts_.resize(std::max<std::size_t>(*id + std::size_t{1}, members->size()));
            if (!texts_[*id].empty()) return refuse(m.value, fault::duplicate_id);
            texts_[*id] = m.name;
        }
        while (!texts_.empty() && texts_.back().empty()) texts_.pop_back();
        hide();
        return true;
    }
    void hide() {
        hidden_.assign(texts_.size(), false);
        for (const added_token& t : p_.added)
            if (t.id < texts_.size() && (t.special || texts_[t.id] == t.content)) hidden_[t.id] = t.special;
    }
    [[nodiscard]] token_id model_id(std::string_view text) const {
        for (std::size_t i = 0; i < texts_.size(); ++i)
            if (texts_[i] == text) return static_cast<token_id>(i);
        return no_token;
    }
    template <class M>
    bool adopt(result<M> model) {
        if (!model) return why_ = std::move(model).error(), false;
        p_.model = std::move(*model);
        return true;
    }

    bool wordpiece_of(const json_value& model) {
        std::string   unk, mark;
        std::uint64_t longest = 100;
        if (!vocabulary_of(model.at("vocab")) || !take(model.at("unk_token").text_or("[UNK]"), unk) ||
            !take(model.at("continuing_subword_prefix").text_or("##"), mark) ||
            !take(model.at("max_input_chars_per_word").number_or<std::uint64_t>(100), longest))
            return false;
        const token_id unknown = model_id(unk);
        if (unknown == no_token) return refuse(model.at("unk_token"), fault::malformed);
        p_.unknown = unknown;
        return adopt(wordpiece::of(texts_, hidden_, mark, unknown, static_cast<std::size_t>(longest)));
    }

    bool unigram_of(const json_value& model) {
        std::vector<double> scores;
        const json_value    vocab = model.at("vocab");
        if (!each(vocab, [&](const json_value& x) {
                const auto text = x[0].text();
                if (!text) return why_ = text.error(), false;
                double score = 0;
                if (!take(x[1].template number<double>(), score)) return false;
                texts_.push_back(*text);
                scores.push_back(score);
                return texts_.size() < (std::size_t{1} << 24) || refuse(x, fault::too_large);
            }))
            return false;
        hide();
        token_id unknown = no_token;
        bool     bytes   = false;
        if (!id_at(model.at("unk_id"), unknown) || !take(model.at("byte_fallback").boolean_or(false), bytes))
            return false;
        if (unknown >= texts_.size()) return refuse(model.at("unk_id"), fault::malformed);
        p_.unknown       = unknown;
        hidden_[unknown] = true;
        return adopt(
            unigram::of(texts_, hidden_, std::move(scores), byte_tokens(bytes), unknown, false, span_rule::characters));
    }

    std::array<token_id, 256> byte_tokens(bool wanted) {
        std::array<token_id, 256> bytes;
        bytes.fill(no_token);
        for (std::size_t i = 0; wanted && i < texts_.size(); ++i)
            if (const int b = byte_token(texts_[i]); b >= 0)
                bytes[static_cast<std::size_t>(b)] = static_cast<token_id>(i);
        return bytes;
    }

    bool bpe_of(const json_value& model) {
        if (!vocabulary_of(model.at("vocab"))) return false;
        for (const char* name : {"continuing_subword_prefix", "end_of_word_suffix"}) // nobody's model of today has them
            if (const auto t = model.at(name).text_or(""); !t || !t->empty()) return refuse(model.at(name));
        if (const auto d = model.at("dropout").number_or(0.0); !d || *d != 0) return refuse(model.at("dropout"));
        bpe_rules rules;
        bool      fallback = false;
        if (!take(model.at("ignore_merges").boolean_or(false), rules.whole_first) ||
            !take(model.at("fuse_unk").boolean_or(false), rules.fuse_unknown) ||
            !take(model.at("byte_fallback").boolean_or(false), fallback))
            return false;
        if (const json_value unk = model.at("unk_token"); unk.given()) {
            const auto text = unk.text();
            if (!text) return why_ = text.error(), false;
            rules.unknown = model_id(*text);
            if (rules.unknown == no_token) return refuse(unk, fault::malformed);
            p_.unknown = rules.unknown;
        }
        std::vector<std::pair<std::string_view, std::string_view>> pairs;
        if (!each(model.at("merges"), [&](const json_value& x) {
                if (x.kind() == json_kind::array) { // ["a", "b"], or, before, "a b"
                    const auto a = x[0].text(), b = x[1].text();
                    if (!a || !b || x.size() != 2) return refuse(x);
                    pairs.emplace_back(*a, *b);
                    return true;
                }
                const auto text = x.text();
                if (!text) return why_ = text.error(), false;
                const std::size_t blank = text->find(' ');
                if (blank == std::string_view::npos || text->find(' ', blank + 1) != std::string_view::npos)
                    return refuse(x);
                pairs.emplace_back(text->substr(0, blank), text->substr(blank + 1));
                return true;
            }))
            return false;
        if (bytes_) {
            auto m = byte_level(texts_, hidden_, pairs, rules);
            if (!m)
                return why_ = model.at("merges").refuse(m.error().what), why_.of = m.error().of,
                       why_.where = m.error().where, false;
            return adopt(std::move(m));
        }
        rules.bytes = false;
        auto merges = merges_between(texts_, pairs);
        if (!merges)
            return why_ = model.at("merges").refuse(merges.error().what), why_.of = unit::row,
                   why_.where = merges.error().where, false;
        const auto bytes = byte_tokens(fallback);
        for (const token_id id : bytes)
            if (id != no_token) hidden_[id] = true;
        if (p_.unknown) hidden_[*p_.unknown] = true;
        if (p_.cutting.rules.empty() && words_stand_alone(texts_, hidden_)) p_.cutting.rules = {split_rule::blank_runs};
        return adopt(bpe::of(texts_, hidden_, bytes, *merges, {}, rules));
    }

    bool added(const json_value& list) {
        if (!list.given()) return true;
        return each(list, [&](const json_value& x) {
            added_token t;
            return take(x.at("content").text(), t.content) && id_at(x.at("id"), t.id) &&
                   take(x.at("special").boolean_or(false), t.special) &&
                   take(x.at("single_word").boolean_or(false), t.single_word) &&
                   take(x.at("lstrip").boolean_or(false), t.left_blank) &&
                   take(x.at("rstrip").boolean_or(false), t.right_blank) &&
                   take(x.at("normalized").boolean_or(!t.special), t.normalised) &&
                   (p_.added.push_back(std::move(t)), true);
        });
    }

    bool around(const json_value& part) {
        const std::string_view type = type_of(part);
        auto&                  o    = p_.around;
        if (type == "Sequence") return each(part.at("processors"), [&](const json_value& x) { return around(x); });
        if (type == "ByteLevel") return take(part.at("trim_offsets").boolean_or(true), o.trims_blanks);
        if (type == "BertProcessing" || type == "RobertaProcessing") {
            token_id sep = no_token, cls = no_token;
            if (!id_at(part.at("sep")[1], sep) || !id_at(part.at("cls")[1], cls)) return false;
            const bool roberta = type == "RobertaProcessing";
            if (roberta && !take(part.at("trim_offsets").boolean_or(true), o.trims_blanks)) return false;
            o.single = {{token_side::added, cls, 0}, {token_side::first, no_token, 0}, {token_side::added, sep, 0}};
            o.pair   = o.single;
            if (roberta) o.pair.push_back({token_side::added, sep, 0});
            o.pair.push_back({token_side::second, no_token, static_cast<std::uint8_t>(roberta ? 0 : 1)});
            o.pair.push_back({token_side::added, sep, static_cast<std::uint8_t>(roberta ? 0 : 1)});
            return true;
        }
        if (type != "TemplateProcessing") return unknown(part, type);
        const auto read = [&](const json_value& list, std::vector<sequence_template::item>& to) {
            to.clear();
            return each(list, [&](const json_value& x) {
                if (const json_value s = x.at("Sequence"); s.given()) {
                    const auto   id = s.at("id").text();
                    std::uint8_t t  = 0;
                    if (!id || (*id != "A" && *id != "B")) return refuse(s.at("id"));
                    if (!take(s.at("type_id").template number<std::uint8_t>(), t)) return false;
                    to.push_back({*id == "A" ? token_side::first : token_side::second, no_token, t});
                    return true;
                }
                const json_value s    = x.at("SpecialToken");
                const auto       name = s.at("id").text();
                std::uint8_t     t    = 0;
                if (!name) return why_ = name.error(), false;
                if (!take(s.at("type_id").template number<std::uint8_t>(), t)) return false;
                return each(part.at("special_tokens").at(*name).at("ids"), [&](const json_value& id) {
                    token_id i = no_token;
                    if (!id_at(id, i)) return false;
                    to.push_back({token_side::added, i, t});
                    return true;
                });
            });
        };
        return read(part.at("single"), o.single) && read(part.at("pair"), o.pair);
    }

    /// The decoder; one that is only unknown costs no encoding, but is refused all the same.
    bool decoding(const json_value& part) {
        const std::string_view type = type_of(part);
        auto&                  d    = p_.decoder;
        if (type == "ByteLevel") d.how = token_decoder::style::bytes;
        else if (type == "WordPiece") {
            d.how = token_decoder::style::wordpiece;
            return take(part.at("prefix").text_or("##"), d.mark) && take(part.at("cleanup").boolean_or(true), d.tidy);
        } else if (type == "Metaspace") {
            d.how = token_decoder::style::metaspace;
            if (const auto s = part.at("prepend_scheme").text_or("always"); s) d.drop_first = *s != "never";
            if (const auto b = part.at("add_prefix_space").boolean_or(true); b && !*b) d.drop_first = false;
        } else if (type == "Sequence") { // Replace U+2581, ByteFallback, Fuse, Strip: SentencePiece's
            d.how        = token_decoder::style::sentencepiece;
            d.drop_first = false;
            return each(part.at("decoders"), [&](const json_value& x) {
                const std::string_view t = type_of(x);
                if (t == "Replace") {
                    const auto from = x.at("pattern").at("String").text(), to = x.at("content").text();
                    return (from && to && *from == "\u2581" && *to == " ") || refuse(x);
                }
                if (t == "ByteFallback" || t == "Fuse") return true;
                if (t != "Strip") return unknown(x, t);
                const auto what  = x.at("content").text();
                const auto left  = x.at("start").template number_or<int>(0),
                           right = x.at("stop").template number_or<int>(0);
                if (!what || *what != " " || !left || !right || *left != 1 || *right != 0) return refuse(x);
                return d.drop_first = true;
            });
        } else {
            return unknown(part, type);
        }
        return true;
    }

    bool all(const json_value& root) {
        if (!added(root.at("added_tokens"))) return false;
        if (const json_value x = root.at("normalizer"); x.given() && !normaliser(x)) return false;
        if (const json_value x = root.at("pre_tokenizer"); x.given() && !cutting(x)) return false;
        const json_value model = root.at("model");
        std::string_view type  = type_of(model);
        if (type.empty()) // files of before say it by what is there
            type = model.at("merges").given()                     ? "BPE"
                   : model.at("max_input_chars_per_word").given() ? "WordPiece"
                   : model.at("vocab").kind() == json_kind::array ? "Unigram"
                                                                  : "";
        p_.decoder.how = token_decoder::style::blanks;
        if (type == "BPE"         ? !bpe_of(model)
            : type == "WordPiece" ? !wordpiece_of(model)
            : type == "Unigram"   ? !unigram_of(model)
                                  : !unknown(model, type))
            return false;
        for (added_token& t : p_.added)
            if (t.id < texts_.size() && !texts_[t.id].empty() && texts_[t.id] != t.content)
                return refuse(root.at("added_tokens"), fault::malformed);
        if (const json_value x = root.at("post_processor"); x.given() && !around(x)) return false;
        if (const json_value x = root.at("decoder"); x.given() && !decoding(x)) return false;
        const auto& one = p_.around.single;
        if (!one.empty() && one.front().side == token_side::added) p_.bos = one.front().id;
        if (!one.empty() && one.back().side == token_side::added) p_.eos = one.back().id;
        for (const added_token& t : p_.added) {
            if (t.content == "[PAD]" || t.content == "<pad>") p_.pad = t.id;
            if (t.content == "[MASK]" || t.content == "<mask>") p_.mask = t.id;
        }
        return true;
    }

public:
    [[nodiscard]] static result<tokenizer> read(const json_document& file) {
        tokenizer_json_reader r;
        if (!r.all(file.root())) return std::move(r.why_);
        return tokenizer::of(std::move(r.p_));
    }
};

} // namespace graft::inline GRAFT_ABI::detail
