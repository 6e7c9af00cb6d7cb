// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/sha256.hpp>
#include <graft/docs/text_origin.hpp>
#include <graft/metadata/metadata.hpp>
#include <graft/schema/id.hpp>
#include <graft/unicode/encoding.hpp>
#include <graft/unicode/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What the text of a document is written in.
enum class text_format : std::uint8_t { plain = 0, markdown = 1 };

/// A text with a name. `text` is the canonical bytes: every span of every chunk, hit and citation counts in them.
///
/// A caller who makes one fills in `name` and `text`, and what else is known; `corpus::add` does the rest. After that it
/// never changes.
struct document {
    document_id                 id     = {}; ///< given by the corpus, never reused
    std::string                 name   = {}; ///< unique in its corpus: the relative path, with '/' between folders
    std::string                 title  = {}; ///< of the front matter, else the first heading, else the name's stem
    std::string                 text   = {}; ///< valid UTF-8, the front matter included
    text_format                 kind   = text_format::plain; ///< whether headings, code and tables mean something
    bool                        titled = false; ///< false: the title is only the stem of the name, no prefix shows it
    std::size_t                 body = 0; ///< the first byte behind byte-order mark and front matter: chunks begin here
    metadata                    fields  = {}; ///< what filters ask
    digest256                   digest  = {}; ///< SHA-256 of `text`
    std::uint64_t               size    = 0;  ///< bytes of the file, 0 where there was none
    std::int64_t                mtime   = 0;  ///< its modification time, nanoseconds since 1970
    std::uint64_t               stamp   = 0;  ///< of its inode and change time (`folder_entry::stamp`)
    std::vector<unicode::patch> patches = {}; ///< where what is no character was repaired
    unicode::encoding           written = unicode::encoding::utf8; ///< what the file is in
    std::vector<std::size_t>    steps   = {}; ///< `unit_steps` where that is not UTF-8: `origin` goes by them
    std::uint64_t               loader  = 0;  ///< `fingerprint` of the loader that made it; 0: read as text is
    std::uint64_t damaged = 0; ///< of what a loader made: the first byte of the file that was no character, from 1
    std::vector<text_origin> origins =
        {}; ///< of what a loader made: where each piece of the text came from; or none: from the same bytes

    /// The bytes of the file that bytes [begin, end) of the text came from, also where it is in UTF-16 or UTF-32, or made by a
    /// loader: then from the first to the last of them.
    ///
    /// Costs    a binary search; of a file in UTF-16 or UTF-32 a look at up to 128 KiB of the text.
    [[nodiscard]] byte_span origin(std::size_t begin, std::size_t end) const noexcept {
        if (!origins.empty()) return detail::origin_in(origins, text.size(), byte_span{begin, end});
        if (written != unicode::encoding::utf8)
            return unicode::origin(text, written, steps, size, byte_span{begin, end});
        return unicode::origin(std::span<const unicode::patch>(patches), byte_span{begin, end});
    }
    /// Bytes [begin, end); clipped to the text.
    [[nodiscard]] std::string_view slice(std::size_t begin, std::size_t end) const noexcept {
        const std::string_view all(text);
        return begin < all.size() && begin < end ? all.substr(begin, end - begin) : std::string_view{};
    }

    void save(byte_writer& w) const {
        w.u64(to_underlying(id));
        w.text(name);
        w.text(title);
        w.text(text);
        w.u8(static_cast<std::uint8_t>(static_cast<unsigned>(kind) | static_cast<unsigned>(written) << 4));
        w.u8(titled ? 1 : 0);
        w.u64(body);
        fields.save(w);
        for (const std::uint8_t byte : digest.bytes) w.u8(byte);
        w.u64(size);
        w.i64(mtime);
        w.u64(stamp);
        w.u64(patches.size());
        for (const unicode::patch& p : patches) {
            w.u64(p.at);
            w.u64(p.original);
            w.u64(p.length);
        }
        w.u64(loader);
        w.u64(damaged);
        w.u64(origins.size());
        for (const text_origin& p : origins) {
            w.u64(p.at);
            w.u64(p.begin);
            w.u64(p.end);
        }
    }

    /// Takes    the format of the corpus that holds it: up to 2 no loader is told.
    /// Costs    one copy of the text and one check that it is UTF-8. The digest is believed: the container's checksums
    ///          have to be verified by whoever opens the file.
    /// Fails    `malformed` where the parts contradict each other, `bad_utf8`, `truncated`.
    [[nodiscard]] static result<document> load(byte_reader& r, std::uint32_t format = 3) {
        document d;
        d.id                      = document_id{r.u64()};
        d.name                    = r.text();
        d.title                   = r.text();
        d.text                    = r.text();
        const std::uint8_t kind   = r.u8();
        const std::uint8_t titled = r.u8();
        d.body                    = static_cast<std::size_t>(r.u64());
        if (!r.ok()) return r.error();
        if ((kind & 15) > 1 || kind >> 4 > 4 || titled > 1 || d.body > d.text.size() ||
            !unicode::is_boundary(d.text, d.body) || d.name.empty())
            return r.error(fault::malformed);
        d.kind    = static_cast<text_format>(kind & 15);
        d.written = static_cast<unicode::encoding>(kind >> 4);
        d.titled  = titled == 1;
        if (unicode::first_invalid(d.text) != std::string_view::npos ||
            unicode::first_invalid(d.name) != std::string_view::npos ||
            unicode::first_invalid(d.title) != std::string_view::npos)
            return r.error(fault::bad_utf8);
        auto fields = metadata::load(r);
        if (!fields) return fields.error();
        d.fields = std::move(*fields);
        for (std::uint8_t& byte : d.digest.bytes) byte = r.u8();
        d.size              = r.u64();
        d.mtime             = r.i64();
        d.stamp             = r.u64();
        const std::size_t n = r.count(24);
        d.patches.reserve(n);
        std::size_t free = 0, original = 0; // the first byte behind the patch before, in both texts
        for (std::size_t i = 0; i < n && r.ok(); ++i) {
            const unicode::patch p{static_cast<std::size_t>(r.u64()), static_cast<std::size_t>(r.u64()),
                                   static_cast<std::size_t>(r.u64())};
            const bool           same = d.written == unicode::encoding::utf8; // byte for byte between the repairs
            if (p.at < free || p.length < 1 || p.length > (same ? 3u : 4u) || p.original < original ||
                (same && p.at - free != p.original - original) ||
                d.text.compare(p.at < d.text.size() ? p.at : d.text.size(), 3, "\xEF\xBF\xBD") != 0)
                r.fail(fault::malformed);
            free     = p.at + 3;
            original = p.original + p.length;
            d.patches.push_back(p);
        }
        if (format >= 3) {
            d.loader  = r.u64();
            d.damaged = r.u64();
            d.origins.resize(r.count(24));
            for (text_origin& p : d.origins) p = {static_cast<std::size_t>(r.u64()), r.u64(), r.u64()};
            if (d.damaged > d.size || !detail::are_origins(d.origins, d.text.size(), d.size)) r.fail(fault::malformed);
        }
        if (!r.ok()) return r.error();
        d.steps = unicode::unit_steps(d.text, d.written);
        return d;
    }
};

} // namespace graft::inline GRAFT_ABI
