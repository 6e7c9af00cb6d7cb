// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/unicode/ascii.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// What a file is, as far as its name and its first bytes tell. From `pdf` on: documents, with words in them, in a format that
/// is not read. The numbers are stable: reports keep them.
enum class file_format : std::uint8_t {
    text     = 0, ///< nothing speaks against it
    picture  = 1,
    sound    = 2,
    film     = 3,
    archive  = 4,
    program  = 5,
    font     = 6,
    database = 7,

    pdf        = 32,
    html       = 33,
    docx       = 34,
    doc        = 35,
    pptx       = 36,
    ppt        = 37,
    xlsx       = 38,
    xls        = 39,
    odt        = 40,
    odp        = 41,
    ods        = 42,
    epub       = 43,
    mobi       = 44,
    rtf        = 45,
    ipynb      = 46,
    postscript = 47,
    djvu       = 48,
    pages      = 49,
    keynote    = 50,
    numbers    = 51,
    mhtml      = 52,
    chm        = 53,
    msg        = 54,
};

/// The word for a format: `PDF`, `picture`.
[[nodiscard]] constexpr std::string_view name(file_format f) noexcept {
    switch (f) {
    case file_format::text: return "text";
    case file_format::picture: return "picture";
    case file_format::sound: return "sound";
    case file_format::film: return "film";
    case file_format::archive: return "archive";
    case file_format::program: return "program";
    case file_format::font: return "font";
    case file_format::database: return "database";
    case file_format::pdf: return "PDF";
    case file_format::html: return "HTML";
    case file_format::docx: return "DOCX";
    case file_format::doc: return "DOC";
    case file_format::pptx: return "PPTX";
    case file_format::ppt: return "PPT";
    case file_format::xlsx: return "XLSX";
    case file_format::xls: return "XLS";
    case file_format::odt: return "ODT";
    case file_format::odp: return "ODP";
    case file_format::ods: return "ODS";
    case file_format::epub: return "EPUB";
    case file_format::mobi: return "MOBI";
    case file_format::rtf: return "RTF";
    case file_format::ipynb: return "Jupyter notebook";
    case file_format::postscript: return "PostScript";
    case file_format::djvu: return "DjVu";
    case file_format::pages: return "Pages";
    case file_format::keynote: return "Keynote";
    case file_format::numbers: return "Numbers";
    case file_format::mhtml: return "MHTML";
    case file_format::chm: return "CHM";
    case file_format::msg: return "MSG";
    }
    return "unknown";
}

/// A document in a format that is not read.
[[nodiscard]] constexpr bool is_unread_document(file_format f) noexcept { return f >= file_format::pdf; }
/// Text inside, so that it could be read as plain text, marks and all.
[[nodiscard]] constexpr bool is_markup(file_format f) noexcept {
    return f == file_format::html || f == file_format::mhtml || f == file_format::rtf || f == file_format::ipynb;
}
/// The format that a report of `fault::not_read` means.
[[nodiscard]] constexpr file_format file_format_of(const error& e) noexcept {
    return static_cast<file_format>(e.where);
}

namespace detail {

struct known_extension {
    std::string_view extension;
    file_format      format;
};

inline constexpr known_extension known_extensions[] = {
    {".png", file_format::picture},      {".jpg", file_format::picture},     {".jpeg", file_format::picture},
    {".gif", file_format::picture},      {".webp", file_format::picture},    {".bmp", file_format::picture},
    {".tif", file_format::picture},      {".tiff", file_format::picture},    {".ico", file_format::picture},
    {".svg", file_format::picture},      {".svgz", file_format::picture},    {".heic", file_format::picture},
    {".avif", file_format::picture},     {".psd", file_format::picture},     {".jxl", file_format::picture},
    {".mp3", file_format::sound},        {".wav", file_format::sound},       {".ogg", file_format::sound},
    {".flac", file_format::sound},       {".m4a", file_format::sound},       {".opus", file_format::sound},
    {".aac", file_format::sound},        {".mp4", file_format::film},        {".mov", file_format::film},
    {".avi", file_format::film},         {".mkv", file_format::film},        {".webm", file_format::film},
    {".m4v", file_format::film},         {".zip", file_format::archive},     {".gz", file_format::archive},
    {".tgz", file_format::archive},      {".bz2", file_format::archive},     {".xz", file_format::archive},
    {".zst", file_format::archive},      {".7z", file_format::archive},      {".rar", file_format::archive},
    {".tar", file_format::archive},      {".jar", file_format::archive},     {".iso", file_format::archive},
    {".dmg", file_format::archive},      {".exe", file_format::program},     {".dll", file_format::program},
    {".so", file_format::program},       {".dylib", file_format::program},   {".a", file_format::program},
    {".o", file_format::program},        {".class", file_format::program},   {".pyc", file_format::program},
    {".wasm", file_format::program},     {".ttf", file_format::font},        {".otf", file_format::font},
    {".woff", file_format::font},        {".woff2", file_format::font},      {".sqlite", file_format::database},
    {".sqlite3", file_format::database}, {".db", file_format::database},     {".parquet", file_format::database},
    {".pdf", file_format::pdf},          {".html", file_format::html},       {".htm", file_format::html},
    {".xhtml", file_format::html},       {".docx", file_format::docx},       {".docm", file_format::docx},
    {".dotx", file_format::docx},        {".doc", file_format::doc},         {".pptx", file_format::pptx},
    {".pptm", file_format::pptx},        {".ppsx", file_format::pptx},       {".ppt", file_format::ppt},
    {".xlsx", file_format::xlsx},        {".xlsm", file_format::xlsx},       {".xls", file_format::xls},
    {".odt", file_format::odt},          {".odp", file_format::odp},         {".ods", file_format::ods},
    {".epub", file_format::epub},        {".mobi", file_format::mobi},       {".azw3", file_format::mobi},
    {".rtf", file_format::rtf},          {".ipynb", file_format::ipynb},     {".ps", file_format::postscript},
    {".eps", file_format::postscript},   {".djvu", file_format::djvu},       {".pages", file_format::pages},
    {".key", file_format::keynote},      {".numbers", file_format::numbers}, {".mhtml", file_format::mhtml},
    {".mht", file_format::mhtml},        {".chm", file_format::chm},         {".msg", file_format::msg},
};

/// Whether `text` begins with `head`, which is in small letters; capitals of ASCII count as small ones.
[[nodiscard]] constexpr bool begins_with(std::string_view text, std::string_view head) noexcept {
    return text.size() >= head.size() &&
           std::equal(head.begin(), head.end(), text.begin(), [](char h, char t) { return h == ascii_lowered(t); });
}
[[nodiscard]] constexpr bool ends_with(std::string_view text, std::string_view tail) noexcept {
    return text.size() > tail.size() && begins_with(text.substr(text.size() - tail.size()), tail);
}

/// Whether a text begins as a page of HTML does, behind white space, an XML declaration and comments.
[[nodiscard]] constexpr bool begins_as_html(std::string_view text) noexcept {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
        const std::string_view end = text.starts_with("<!--") ? "-->" : text.starts_with("<?xml") ? "?>" : "";
        if (end.empty()) return begins_with(text, "<!doctype html") || begins_with(text, "<html");
        const std::size_t at = text.find(end);
        if (at == std::string_view::npos) return false;
        text.remove_prefix(at + end.size());
    }
}

} // namespace detail

/// The format that a name's extension tells, in any case; `text` for an unknown one.
[[nodiscard]] constexpr file_format file_format_of(std::string_view name) noexcept {
    for (const auto& [extension, format] : detail::known_extensions)
        if (detail::ends_with(name, extension)) return format;
    return file_format::text;
}

/// The same, where the bytes of the file are at hand: those of PDF, RTF, PostScript and HTML tell by themselves, and what could
/// be one of several formats of that extension must not be text.
///
/// Takes    whether HTML may stand in the file, as it does in Markdown.
[[nodiscard]] constexpr file_format file_format_of(std::string_view name, std::string_view bytes,
                                                   bool html_is_fine = false) noexcept {
    if (bytes.starts_with("%PDF-")) return file_format::pdf;
    if (bytes.starts_with("{\\rtf")) return file_format::rtf;
    if (bytes.starts_with("%!PS")) return file_format::postscript;
    const file_format by_name = file_format_of(name);
    if (by_name != file_format::text) {
        // Extensions that plain texts have as well: keys of PGP, notes of 1990, old databases of words.
        const bool shared = by_name == file_format::keynote || by_name == file_format::doc ||
                            by_name == file_format::pages || by_name == file_format::numbers ||
                            by_name == file_format::msg || by_name == file_format::mobi;
        const bool binary = bytes.substr(0, 4096).find('\0') != std::string_view::npos || bytes.starts_with("PK\3\4");
        return shared && !binary ? file_format::text : by_name;
    }
    return !html_is_fine && detail::begins_as_html(bytes) ? file_format::html : file_format::text;
}

} // namespace graft::inline GRAFT_ABI
