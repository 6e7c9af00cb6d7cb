// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/generate/json_schema.hpp>

#include <graft/base/random.hpp>
#include <graft/json/json.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace graft;

namespace {

automaton compiled(const std::string& schema, const json_schema_params& how = {}) {
    const auto json = parse_json(schema, "s.json");
    REQUIRE_MESSAGE(json, schema);
    auto made = json_schema(json->root(), how);
    REQUIRE_MESSAGE(made, schema << ": " << describe(made.error()));
    return std::move(*made);
}
std::string refused(const std::string& schema) {
    const auto json = parse_json(schema, "s.json");
    REQUIRE_MESSAGE(json, schema);
    const auto made = json_schema(json->root());
    return made ? "taken" : describe(made.error());
}
std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}
bool equal(json_value a, json_value b) {
    std::string x, y;
    detail::append_json(x, a, false), detail::append_json(y, b, false);
    return x == y;
}

/// The standard's rules, read plainly: for what the schemas of this test say.
bool validates(json_value schema, json_value v, json_value root) {
    if (schema.at("$ref").given()) return validates(root.at("$defs").at(schema.at("$ref").text()->substr(8)), v, root);
    if (schema.at("anyOf").given()) {
        for (const json_value one : *schema.at("anyOf").array())
            if (validates(one, v, root)) return true;
        return false;
    }
    if (schema.at("type").given() && !detail::is_of(v, schema.at("type"))) return false;
    if (schema.at("const").kind() != json_kind::absent && !equal(schema.at("const"), v)) return false;
    if (schema.at("enum").given()) {
        bool one = false;
        for (const json_value e : *schema.at("enum").array()) one = one || equal(e, v);
        if (!one) return false;
    }
    const auto limit = [&](const char* key, double otherwise) { return *schema.at(key).number_or(otherwise); };
    switch (v.kind()) {
    case json_kind::text: {
        const auto n = static_cast<double>(code_points(*v.text()));
        if (n < limit("minLength", 0) || n > limit("maxLength", 1e9)) return false;
        if (!schema.at("pattern").given()) return true;
        auto p = *detail::whole_text_pattern(*schema.at("pattern").text());
        return pattern(p)->matches(*v.text());
    }
    case json_kind::number: {
        const double x = *v.number<double>();
        return x >= limit("minimum", -1e300) && x <= limit("maximum", 1e300) && x > limit("exclusiveMinimum", -1e300) &&
               x < limit("exclusiveMaximum", 1e300);
    }
    case json_kind::array: {
        if (!schema.at("items").given()) return true;
        const auto n = static_cast<double>(v.size());
        if (n < limit("minItems", 0) || n > limit("maxItems", 1e9)) return false;
        for (const json_value one : *v.array())
            if (!validates(schema.at("items"), one, root)) return false;
        return true;
    }
    case json_kind::object: {
        if (!schema.at("properties").given()) return true;
        for (const json_member m : *v.object()) {
            if (schema.at("properties").at(m.name).kind() == json_kind::absent) return false;
            if (!validates(schema.at("properties").at(m.name), m.value, root)) return false;
        }
        if (schema.at("required").given())
            for (const json_value name : *schema.at("required").array())
                if (v.at(*name.text()).kind() == json_kind::absent) return false;
        return true;
    }
    default: return true;
    }
}

/// A schema at random.
std::string some_schema(counter_random& r, int depth) {
    const auto number = [&](std::uint64_t below) { return std::to_string(r.below(below)); };
    switch (r.below(depth > 0 ? 13 : 9)) {
    case 0: return R"({"type": "boolean", "title": "t"})";
    case 1: return R"({"type": "null"})";
    case 2: return R"({"type": "number"})";
    case 3: {
        const auto low  = static_cast<std::int64_t>(r.below(3000)) - 1500,
                   high = low + 1 + static_cast<std::int64_t>(r.below(2000));
        return R"({"type": "integer", ")" + std::string(r.below(2) == 0 ? "minimum" : "exclusiveMinimum") +
               "\": " + std::to_string(low) + ", \"maximum\": " + std::to_string(high) + "}";
    }
    case 4: return R"({"type": "integer"})";
    case 5:
        return R"({"type": "string", "minLength": )" + number(3) + R"(, "maxLength": )" +
               std::to_string(3 + r.below(5)) + "}";
    case 6: return R"({"enum": ["a\"b", "ä\n\u0001", 7, -2.5, null, [1, {"x": true}], ")" + number(100) + "\"]}";
    case 7:
        return R"({"type": ["string", "null"], "pattern": "^[a-z\"\\\\é]{1,)" + std::to_string(1 + r.below(4)) +
               "}$\"}";
    case 8: return R"({"const": {"k.[": [)" + number(9) + "]}}";
    case 9: return R"({"anyOf": [)" + some_schema(r, depth - 1) + ", " + some_schema(r, depth - 1) + "]}";
    case 10: {
        const auto least = r.below(3);
        return R"({"type": "array", "items": )" + some_schema(r, depth - 1) + R"(, "minItems": )" +
               std::to_string(least) + R"(, "maxItems": )" + std::to_string(least + r.below(3)) + "}";
    }
    default: {
        std::string properties, required;
        for (std::uint64_t n = r.below(5), i = 0; i < n; ++i) {
            const std::string name = "\"p" + std::to_string(i) + (i == 1 ? "\\\" $" : "") + "\"";
            properties += (i > 0 ? ", " : "") + name + ": " + some_schema(r, depth - 1);
            if (r.below(2) == 0) required += (required.empty() ? "" : ", ") + name;
        }
        return R"({"type": "object", "properties": {)" + properties + R"(}, "required": [)" + required +
               R"(], "additionalProperties": false})";
    }
    }
}
/// A value that validates, written the one way.
std::string some_value(json_value s, counter_random& r, bool spaced) {
    if (s.at("anyOf").given()) return some_value(s.at("anyOf")[r.below(s.at("anyOf").size())], r, spaced);
    std::string out;
    if (s.at("const").given()) return detail::append_json(out, s.at("const"), spaced), out;
    if (s.at("enum").given()) return detail::append_json(out, s.at("enum")[r.below(s.at("enum").size())], spaced), out;
    const auto type = s.at("type").kind() == json_kind::array ? *s.at("type")[r.below(2)].text() : *s.at("type").text();
    const auto text = [&](std::uint64_t least, std::uint64_t most, std::vector<std::string> signs) {
        std::string t;
        for (std::uint64_t n = least + r.below(most - least + 1); n > 0; --n) t += signs[r.below(signs.size())];
        append_json_text(out, t);
    };
    if (type == "null") return "null";
    if (type == "boolean") return r.below(2) == 0 ? "true" : "false";
    if (type == "integer") {
        const bool bound = s.at("maximum").given(), edge = s.at("exclusiveMinimum").given();
        const auto low =
            bound ? *s.at(edge ? "exclusiveMinimum" : "minimum").number<std::int64_t>() + edge : -1'000'000;
        const auto high = bound ? *s.at("maximum").number<std::int64_t>() : 1'000'000'000'000;
        return std::to_string(low + static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>(high - low + 1))));
    }
    if (type == "number") {
        const double x =
            std::ldexp(static_cast<double>(r.below(1'000'000'007)) - 3e8, static_cast<int>(r.below(1800)) - 900);
        char t[40];
        return {t, std::to_chars(t, t + sizeof t, x).ptr};
    }
    if (type == "string") {
        if (s.at("pattern").given()) {
            const auto p = *s.at("pattern").text(); // ends in its largest count
            text(1, static_cast<std::uint64_t>(p[p.size() - 3] - '0'), {"a", "z", "\"", "\\", "\xC3\xA9"});
        } else
            text(*s.at("minLength").number<std::uint64_t>(), *s.at("maxLength").number<std::uint64_t>(),
                 {"a", " ", "\"", "\\", "\n", "\x01", "\x1f", "/", "\xC3\xA9", "\xE6\x97\xA5", "\xF0\x9F\x98\x80",
                  "\x7f", "{", "\xED\x9F\xBF"});
        return out;
    }
    const std::string comma = spaced ? ", " : ",";
    if (type == "array") {
        const auto least = *s.at("minItems").number<std::uint64_t>(), most = *s.at("maxItems").number<std::uint64_t>();
        out = "[";
        for (std::uint64_t n = least + r.below(most - least + 1), i = 0; i < n; ++i)
            out += (i > 0 ? comma : "") + some_value(s.at("items"), r, spaced);
        return out + "]";
    }
    out = "{";
    for (const json_member m : *s.at("properties").object()) {
        bool required = false;
        for (const json_value n : *s.at("required").array()) required = required || *n.text() == m.name;
        if (!required && r.below(2) == 0) continue;
        if (out.size() > 1) out += comma;
        append_json_text(out, m.name);
        out += (spaced ? ": " : ":") + some_value(m.value, r, spaced);
    }
    return out + "}";
}

/// Texts of a language at random, each by the shorter way the longer it is.
class walker {
    const automaton&           a_;
    std::vector<std::uint32_t> left_; // bytes to an end

public:
    explicit walker(const automaton& a) : a_(a), left_(a.size(), ~0u) {
        std::vector<std::vector<automaton::state>> from(a.size());
        std::vector<automaton::state>              line;
        for (automaton::state s = 0; s < a.size(); ++s) {
            for (unsigned b = 0; b < 256; ++b)
                if (const auto to = a.step(s, static_cast<unsigned char>(b)); to != automaton::dead)
                    if (from[to].empty() || from[to].back() != s) from[to].push_back(s);
            if (a.ends(s)) left_[s] = 0, line.push_back(s);
        }
        for (std::size_t i = 0; i < line.size(); ++i)
            for (const automaton::state s : from[line[i]])
                if (left_[s] == ~0u) left_[s] = left_[line[i]] + 1, line.push_back(s);
    }
    [[nodiscard]] bool        every_state_can_end() const { return std::count(left_.begin(), left_.end(), ~0u) == 0; }
    [[nodiscard]] std::string text(counter_random& r) const {
        std::string      out;
        automaton::state s = automaton::start();
        while (!a_.ends(s) || (r.below(4) != 0 && out.size() < 60)) {
            std::vector<unsigned char> all, short_;
            for (unsigned b = 0; b < 256; ++b) {
                const auto to = a_.step(s, static_cast<unsigned char>(b));
                if (to == automaton::dead) continue;
                all.push_back(static_cast<unsigned char>(b));
                if (left_[to] < left_[s]) short_.push_back(static_cast<unsigned char>(b));
            }
            if (all.empty()) break;
            if (!short_.empty() && r.below(60) < 6 + out.size()) std::swap(all, short_);
            const auto b = all[r.below(all.size())];
            out += static_cast<char>(b), s = a_.step(s, b);
        }
        REQUIRE(a_.matches(out));
        return out;
    }
};

} // namespace

TEST_CASE("what a schema allows parses and validates, and what validates is allowed") {
    counter_random r(11);
    std::size_t    texts = 0;
    for (int round = 0; round < 250; ++round) {
        const std::string schema = some_schema(r, 3);
        const auto        json   = parse_json(schema);
        REQUIRE_MESSAGE(json, schema);
        const bool   spaced = r.below(2) == 0;
        const auto   a      = compiled(schema, {.spaced = spaced});
        const walker walk(a);
        CHECK(walk.every_state_can_end());
        for (int i = 0; i < 12; ++i) {
            const std::string text = walk.text(r);
            const auto        v    = parse_json(text);
            REQUIRE_MESSAGE(v, schema << " allows " << text);
            CHECK_MESSAGE(validates(json->root(), v->root(), json->root()), schema << " allows " << text);
            const std::string other = some_value(json->root(), r, spaced);
            const auto        w     = parse_json(other);
            REQUIRE_MESSAGE(w, other);
            REQUIRE_MESSAGE(validates(json->root(), w->root(), json->root()), schema << " of " << other);
            CHECK_MESSAGE(a.matches(other), schema << " refuses " << other);
            texts += 2;
        }
    }
    CHECK(texts == 6000);
}

TEST_CASE("whole numbers between any two") {
    counter_random r(5);
    const auto     some = [&] {
        const auto n = static_cast<std::int64_t>(r.below(std::uint64_t{1} << r.below(20)));
        return r.below(2) == 0 ? n : -n;
    };
    for (int round = 0; round < 300; ++round) {
        const std::int64_t x = some(), y = some(), low = std::min(x, y), high = std::max(x, y);
        const auto         a = compiled(R"({"type":"integer","minimum":)" + std::to_string(low) + R"(,"maximum":)" +
                                        std::to_string(high) + "}");
        for (int i = 0; i < 100; ++i) {
            const auto n = i < 8 ? (i % 2 == 0 ? low : high) + i / 2 - 2 : some();
            CHECK(a.matches(std::to_string(n)) == (n >= low && n <= high));
        }
        for (const char* odd : {"", "-", "-0", "01", "+1", "1.0", "1e2"}) CHECK_FALSE(a.matches(odd));
    }
    const auto any = compiled(R"({"type":"integer"})");
    for (const char* fine : {"0", "-1", "999999999999999999", "-999999999999999999"}) CHECK(any.matches(fine));
    CHECK_FALSE(any.matches("1000000000000000000"));
}

TEST_CASE("texts of a schema are written one way") {
    const auto a = compiled(R"({"type":"string","maxLength":3})");
    for (const char* fine : {R"("")", R"("äöü")", R"("\"\\\n")", R"("\u0001/")", R"("😀😀😀")"}) CHECK(a.matches(fine));
    for (const char* odd :
         {"\"", R"("abcd")", R"("\/")", R"("\u0041")", R"("\u000a")", "\"\n\"", R"("\")", "\"\xED\xA0\x80\""})
        CHECK_FALSE(a.matches(odd));
    // Looked for anywhere, from the beginning, to the end.
    CHECK(compiled(R"({"type":"string","pattern":"b+"})").matches(R"("ab\"c")"));
    CHECK_FALSE(compiled(R"({"type":"string","pattern":"^b+"})").matches(R"("ab")"));
    CHECK(compiled(R"({"type":"string","pattern":"b+$"})").matches(R"("ab")"));
    CHECK_FALSE(compiled(R"({"type":"string","pattern":"b+$"})").matches(R"("abc")"));
    const auto day = compiled(R"({"type":"string","pattern":"^\\d{4}-\\d{2}$"})");
    CHECK(day.matches(R"("2026-11")"));
    CHECK_FALSE(day.matches(R"("x2026-11")"));
}

TEST_CASE("definitions, several types, and what people read") {
    const auto a = compiled(R"({"$schema":"x","title":"T","type":"object","properties":{
        "who":{"$ref":"#/$defs/person"},"also":{"type":"array","items":{"$ref":"#/$defs/person"}}},
        "required":["who"],"$defs":{"person":{"type":"object","description":"d","properties":{"name":{"type":["string","null"]}},"required":["name"]}}})");
    CHECK(a.matches(R"({"who": {"name": "Ada"}})"));
    CHECK(a.matches(R"({"who": {"name": null}, "also": [{"name": "B"}, {"name": "C"}]})"));
    CHECK_FALSE(a.matches(R"({"also": []})"));
    CHECK_FALSE(a.matches(R"({"who":{"name":"Ada"}})"));
    CHECK(compiled(R"({"type":"object"})").matches("{}"));
    CHECK(compiled(R"({"type":"array","maxItems":0})").matches("[]"));
    CHECK(compiled(R"({"type":"string","enum":["a",1]})").matches("\"a\""));
    CHECK_FALSE(compiled(R"({"type":"string","enum":["a",1]})").matches("1"));
}

TEST_CASE("a schema that asks for something else is refused by its keyword") {
    const std::pair<std::string, std::string> all[] = {
        {R"({"type":"string","format":"date"})", "s.json: format"},
        {R"({"type":"object","patternProperties":{}})", "s.json: patternProperties"},
        {R"({"type":"object","additionalProperties":true})", "s.json: additionalProperties"},
        {R"({"type":"object","additionalProperties":{"type":"null"}})", "s.json: additionalProperties"},
        {R"({"type":"object","properties":{"a":{"type":"strin"}}})", "s.json: properties.a.type"},
        {R"({"type":"object","properties":{"a":{"oneOf":[]}}})", "s.json: properties.a.oneOf"},
        {R"({"type":"object","required":["b"]})", "s.json: required[0]"},
        {R"({"type":"array"})", "s.json: items"},
        {R"({"type":"array","items":true})", "s.json: items"},
        {R"({"type":"array","items":{"type":"null"},"minItems":2,"maxItems":1})", "s.json: maxItems"},
        {R"({"type":"array","items":{"type":"null"},"uniqueItems":true})", "s.json: uniqueItems"},
        {R"({"type":"string","minLength":-1})", "s.json: minLength"},
        {R"({"type":"string","maxLength":100000})", "s.json: maxLength"},
        {R"({"type":"string","pattern":"^a","maxLength":3})", "s.json: maxLength"},
        {R"({"type":"string","pattern":"^a|b$"})", "s.json: pattern"},
        {R"~({"type":"string","pattern":"(?=a)"})~", "s.json: pattern"},
        {R"~({"type":"string","pattern":"(?j:a)"})~", "s.json: pattern"},
        {R"({"type":"string","pattern":"a+?b"})", "s.json: pattern"},
        {R"({"type":"string","pattern":"a(b"})", "s.json: pattern"},
        {R"({"type":"string","pattern":"a)|(b"})", "s.json: pattern"},
        {R"({"type":"number","minimum":1})", "s.json: minimum"},
        {R"({"type":"integer","minimum":0.5})", "s.json: minimum"},
        {R"({"type":"integer","minimum":3,"maximum":2})", "s.json"},
        {R"({"type":"integer","multipleOf":2})", "s.json: multipleOf"},
        {R"({"enum":[]})", "s.json"},
        {R"({"enum":["a"],"maxLength":3})", "s.json: maxLength"},
        {R"({"enum":[1],"const":1})", "s.json: enum"},
        {R"({"type":"null","enum":[1]})", "s.json"},
        {R"({"anyOf":[],"title":"x"})", "s.json: anyOf"},
        {R"({"type":[]})", "s.json: type"},
        {R"({"$ref":"other.json"})", "s.json: $ref"},
        {R"({"$ref":"#/$defs/a","$defs":{"b":{"type":"null"}}})", "s.json: $ref"},
        {R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}})", "s.json: $defs.a"},
        {R"({})", "s.json: type"},
        {R"([])", "s.json"},
    };
    for (const auto& [schema, says] : all) {
        const std::string why = refused(schema);
        INFO(why);
        CHECK(why.starts_with(says + ":"));
    }
    // What would grow without bound: choices that double at each definition, and lists in lists.
    std::string doubled = R"({"$ref":"#/$defs/d0","$defs":{"d30":{"type":"null"})", nested = R"({"type":"null"})";
    for (int i = 0; i < 30; ++i) {
        const std::string next = R"({"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}";
        doubled +=
            R"(,"d)" + std::to_string(i) + R"(":{"type":"object","properties":{"a":)" + next + R"(,"b":)" + next + "}}";
    }
    CHECK(refused(doubled + "}}").find("limit") != std::string::npos);
    for (int i = 0; i < 5; ++i) nested = R"({"type":"array","minItems":999,"items":)" + nested + "}";
    CHECK(refused(nested).find("limit") != std::string::npos);
    for (int i = 0; i < 40; ++i) nested = R"({"type":"array","items":)" + nested + "}";
    CHECK(refused(nested).find("limit") != std::string::npos);
}
