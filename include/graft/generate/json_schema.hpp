// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/generate/json_pattern.hpp>
#include <graft/generate/pattern.hpp>
#include <graft/json/json_text.hpp>
#include <graft/json/json_value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How what a model writes by a schema is spaced.
struct json_schema_params {
    bool spaced = true; ///< `{"a": 1, "b": 2}`, as models write it; otherwise `{"a":1,"b":2}`
};

namespace detail {

/// A JSON schema while it becomes a regular expression.
class json_schema_compiler {
    static constexpr std::size_t deepest = 32, longest = std::size_t{1} << 20, most_repeats = 10'000;

    json_value         root_;
    json_schema_params how_;
    std::string        out_;

    [[nodiscard]] std::string_view comma() const noexcept { return how_.spaced ? ", " : ","; }

    /// Refuses a keyword that is not among those of a kind of schema, nor says something to people alone.
    [[nodiscard]] static result<void> only(json_value at, std::initializer_list<std::string_view> known) {
        constexpr std::string_view people[] = {"title",    "description", "default",    "examples",
                                               "$schema",  "$id",         "$comment",   "$defs",
                                               "readOnly", "writeOnly",   "deprecated", "definitions"};
        for (const json_member m : *at.object())
            if (std::find(known.begin(), known.end(), m.name) == known.end() &&
                std::find(std::begin(people), std::end(people), m.name) == std::end(people))
                return at.at(m.name).refuse(fault::unsupported);
        return done;
    }
    [[nodiscard]] result<std::optional<std::uint32_t>> count(json_value at) const {
        if (!at.given()) return std::optional<std::uint32_t>();
        const auto n = at.number<std::uint32_t>();
        if (!n) return n.error();
        if (*n > most_repeats) return at.refuse(fault::too_large);
        return std::optional<std::uint32_t>(*n);
    }
    /// `least` and `most` of what the two keywords say.
    struct bounds {
        std::uint32_t                least = 0;
        std::optional<std::uint32_t> most;
    };
    [[nodiscard]] result<bounds> between(json_value at, std::string_view low, std::string_view high) const {
        const auto least = count(at.at(low)), most = count(at.at(high));
        if (!least) return least.error();
        if (!most) return most.error();
        const bounds b{least->value_or(0), *most};
        if (b.most && *b.most < b.least) return at.at(high).refuse(fault::bad_argument);
        return b;
    }

    [[nodiscard]] result<void> listed(json_value at) { // enum, const
        if (auto ok = only(at, {"enum", "const", "type"}); !ok) return ok;
        const json_value all = at.at("enum"), one = at.at("const");
        if (one.kind() != json_kind::absent && all.kind() != json_kind::absent) return all.refuse(fault::unsupported);
        std::size_t n   = 0;
        const auto  add = [&](json_value v) -> result<void> {
            if (at.at("type").given() && !is_of(v, at.at("type"))) return done;
            out_ += n++ == 0 ? "(?:" : "|";
            std::string text;
            append_json(text, v, how_.spaced);
            append_literal(out_, text);
            return done;
        };
        if (one.kind() != json_kind::absent) {
            if (auto ok = add(one); !ok) return ok;
        } else {
            const auto values = all.array();
            if (!values) return values.error();
            for (const json_value v : *values)
                if (auto ok = add(v); !ok) return ok;
        }
        if (n == 0) return at.refuse(fault::no_input);
        out_ += ')';
        return done;
    }
    [[nodiscard]] result<void> text(json_value at) {
        const auto size = between(at, "minLength", "maxLength");
        if (!size) return size.error();
        if (const json_value p = at.at("pattern"); p.given()) {
            if (at.at("minLength").given()) return at.at("minLength").refuse(fault::unsupported);
            if (at.at("maxLength").given()) return at.at("maxLength").refuse(fault::unsupported);
            const auto given = p.text();
            if (!given) return given.error();
            const auto whole = whole_text_pattern(*given);
            if (!whole || !pattern(*whole)) return p.refuse(fault::unsupported);
            out_.append("\"(?j:").append(*whole).append(")\"");
            return done;
        }
        out_ += "\"(?j:";
        append_repeated(out_, "[\\s\\S]", size->least, size->most);
        out_ += ")\"";
        return done;
    }
    [[nodiscard]] result<void> whole_number(json_value at) {
        std::optional<std::int64_t> low, high;
        for (const auto& [key, bound, by] : {std::tuple{"minimum", &low, 0},
                                             {"exclusiveMinimum", &low, 1},
                                             {"maximum", &high, 0},
                                             {"exclusiveMaximum", &high, -1}}) {
            const json_value is = at.at(key);
            if (!is.given()) continue;
            const auto n = is.number<std::int64_t>();
            if (!n) return n.error();
            if (*n > most_integer || *n < -most_integer) return is.refuse(fault::too_large);
            const std::int64_t edge = *n + by;
            *bound = !*bound ? edge : bound == &low ? std::max(**bound, edge) : std::min(**bound, edge);
        }
        if (!append_integers(out_, low.value_or(-most_integer), high.value_or(most_integer)))
            return at.refuse(fault::no_input);
        return done;
    }
    [[nodiscard]] result<void> list(json_value at, std::size_t depth) {
        const auto size = between(at, "minItems", "maxItems");
        if (!size) return size.error();
        const json_value items = at.at("items");
        if (size->most && *size->most == 0) return out_ += "\\[\\]", done;
        if (items.kind() == json_kind::absent) return items.refuse(fault::absent);
        std::string before = std::move(out_);
        out_.clear();
        if (auto ok = schema(items, depth + 1); !ok) return ok;
        const std::string one = "(?:" + out_ + ")", more = "(?:" + std::string(comma()) + one + ")";
        out_ = std::move(before);
        out_ += "\\[";
        if (size->least == 0) out_ += "(?:";
        out_ += one;
        append_repeated(out_, more, std::max(size->least, 1u) - 1,
                        size->most ? std::optional(*size->most - 1) : std::nullopt);
        if (size->least == 0) out_ += ")?";
        out_ += "\\]";
        return done;
    }
    [[nodiscard]] result<void> object(json_value at, std::size_t depth) {
        if (const json_value more = at.at("additionalProperties"); more.given()) {
            const auto is = more.boolean();
            if (!is || *is) return more.refuse(fault::unsupported);
        }
        const json_value all = at.at("properties"), needed = at.at("required");
        struct property {
            std::string_view name;
            std::string      text;
            bool             required = false;
        };
        std::vector<property> properties;
        std::size_t           total = 0;
        if (all.given()) {
            const auto members = all.object();
            if (!members) return members.error();
            for (const json_member m : *members) {
                std::string before = std::move(out_), name;
                out_.clear();
                if (auto ok = schema(m.value, depth + 1); !ok) return ok;
                append_json_text(name, m.name);
                property p{m.name, {}};
                append_literal(p.text, name);
                p.text.append(how_.spaced ? ": " : ":").append("(?:").append(out_).append(")");
                properties.push_back(std::move(p));
                out_ = std::move(before);
                if ((total += properties.back().text.size()) > longest) return at.refuse(fault::too_large);
            }
        }
        if (needed.given()) {
            const auto names = needed.array();
            if (!names) return names.error();
            for (const json_value name : *names) {
                const auto n = name.text();
                if (!n) return n.error();
                const auto p = std::find_if(properties.begin(), properties.end(),
                                            [&](const property& one) { return one.name == *n; });
                if (p == properties.end()) return name.refuse(fault::unknown_id);
                p->required = true;
            }
        }
        // Commas stand behind what comes before the first that is required, and in front of what comes after it.
        const auto first =
            std::find_if(properties.begin(), properties.end(), [](const property& p) { return p.required; });
        const auto from = [&](auto p) { // that one, and the rest
            out_ += p->text;
            for (++p; p != properties.end() && out_.size() <= longest; ++p)
                out_.append("(?:").append(comma()).append(p->text).append(p->required ? ")" : ")?");
        };
        out_ += "\\{";
        if (first != properties.end()) {
            for (auto p = properties.begin(); p != first; ++p)
                out_.append("(?:").append(p->text).append(comma()).append(")?");
            from(first);
        } else if (!properties.empty()) {
            for (auto p = properties.begin(); p != properties.end() && out_.size() <= longest; ++p) {
                out_ += p == properties.begin() ? "(?:" : "|";
                from(p);
            }
            out_ += ")?";
        }
        out_ += "\\}";
        return done;
    }
    [[nodiscard]] result<void> typed(json_value at, std::string_view type, std::size_t depth) {
        if (type == "object") return object(at, depth);
        if (type == "array") return list(at, depth);
        if (type == "string") return text(at);
        if (type == "integer") return whole_number(at);
        if (type == "number") {
            for (const char* key : {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
                if (at.at(key).given()) return at.at(key).refuse(fault::unsupported);
            return out_ += json_number_pattern, done;
        }
        if (type == "boolean") return out_ += "(?:true|false)", done;
        if (type == "null") return out_ += "null", done;
        return at.at("type").refuse(fault::unsupported);
    }
    [[nodiscard]] result<void> referred(json_value at, std::size_t depth) {
        if (auto ok = only(at, {"$ref"}); !ok) return ok;
        const auto name = at.at("$ref").text();
        if (!name) return name.error();
        for (const std::string_view where : {"$defs", "definitions"})
            if (name->starts_with("#/" + std::string(where) + "/"))
                if (const json_value to = root_.at(where).at(name->substr(where.size() + 3)); to.given())
                    return schema(to, depth + 1);
        return at.at("$ref").refuse(fault::unknown_id);
    }
    [[nodiscard]] result<void> one_of_many(json_value at, std::size_t depth) {
        if (auto ok = only(at, {"anyOf"}); !ok) return ok;
        const auto all = at.at("anyOf").array();
        if (!all) return all.error();
        if (all->empty()) return at.at("anyOf").refuse(fault::no_input);
        std::string_view before = "(?:";
        for (const json_value one : *all) {
            out_ += before;
            if (auto ok = schema(one, depth + 1); !ok) return ok;
            before = "|";
        }
        out_ += ')';
        return done;
    }
    [[nodiscard]] result<void> schema(json_value at, std::size_t depth) {
        if (depth > deepest || out_.size() > longest) return at.refuse(fault::too_large);
        if (const auto is = at.object(); !is) return is.error();
        if (at.at("$ref").given()) return referred(at, depth);
        if (at.at("anyOf").given()) return one_of_many(at, depth);
        if (at.at("enum").kind() != json_kind::absent || at.at("const").kind() != json_kind::absent) return listed(at);
        if (auto ok = only(at, {"type", "properties", "required", "additionalProperties", "items", "minItems",
                                "maxItems", "minLength", "maxLength", "pattern", "minimum", "maximum",
                                "exclusiveMinimum", "exclusiveMaximum"});
            !ok)
            return ok;
        const json_value type = at.at("type");
        if (type.kind() != json_kind::array) {
            const auto name = type.text();
            if (!name) return name.error();
            return typed(at, *name, depth);
        }
        if (type.size() == 0) return type.refuse(fault::no_input);
        std::string_view before = "(?:";
        for (const json_value one : *type.array()) {
            const auto name = one.text();
            if (!name) return name.error();
            out_ += before;
            if (auto ok = typed(at, *name, depth); !ok) return ok;
            before = "|";
        }
        out_ += ')';
        return done;
    }

public:
    json_schema_compiler(json_value root, const json_schema_params& how) : root_(root), how_(how) {}

    [[nodiscard]] result<automaton> compile() {
        if (auto ok = schema(root_, 0); !ok) return ok.error();
        if (out_.size() > longest) return root_.refuse(fault::too_large);
        auto made = pattern(out_);
        if (!made && made.error().what == fault::too_large) return root_.refuse(fault::too_large);
        return made;
    }
};

} // namespace detail

/// What a model may write by a JSON schema, of which it takes: `object` with `properties` in their order, `required` and no others; `array` of `items` with
/// `minItems` and `maxItems`; `string` with `minLength` and `maxLength`, or with `pattern`; `integer` with its bounds; `number`, `boolean`, `null`; several
/// types; `enum`, `const`, `anyOf`; `$ref` to `$defs`, but not to itself. Every text of the language parses and validates.
///
/// Takes    a schema as `parse_json` gives it. Texts are written as `append_json_text` does, with one spacing; integers have at most 18 digits. A pattern is
///          read as `pattern` reads it; without `^` and `$` it is looked for anywhere.
/// Costs    a few states a sign of the schema, twenty-five a code point of `maxLength`; at most 20,000.
/// Fails    `unsupported` where the schema asks for something else, `too_large`, `no_input` where nothing would validate, `unknown_id` for a name that is
///          nowhere, `absent`, `bad_format`, `bad_argument`: the subject names the keyword.
/// Source   JSON Schema, draft 2020-12.
[[nodiscard]] inline result<automaton> json_schema(json_value schema, const json_schema_params& how = {}) {
    return detail::json_schema_compiler(schema, how).compile();
}

} // namespace graft::inline GRAFT_ABI
