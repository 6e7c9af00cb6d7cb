// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tune/fit_lora.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>

namespace tool {

/// The losses of a run over its steps as an SVG picture: of each step in grey, of the held-out texts in blue, with a ring where the state was kept.
///
/// Takes    any number of steps and looks; of more than 600 steps the means of neighbours are drawn
[[nodiscard]] inline std::string loss_curve(std::span<const graft::tuning_step> curve,
                                            std::span<const graft::tuning_look> looks, std::size_t kept) {
    constexpr double width = 720, height = 360, left = 60, right = 20, top = 40, bottom = 40;
    double           low = 0, high = 0;
    std::size_t      steps = 1;
    bool             any   = false;
    const auto       hold  = [&](std::size_t step, double loss) {
        steps = std::max(steps, step);
        low = any ? std::min(low, loss) : loss, high = any ? std::max(high, loss) : loss, any = true;
    };
    for (const auto& s : curve) hold(s.step, s.loss);
    for (const auto& l : looks) hold(l.step, l.loss);
    const double room = high > low ? .05 * (high - low) : .5;
    low -= room, high += room;
    const auto x = [&](double step) { return left + (width - left - right) * step / static_cast<double>(steps); };
    const auto y = [&](double loss) { return top + (height - top - bottom) * (high - loss) / (high - low); };

    std::string svg;
    const auto  add = [&](const char* form, auto... of) {
        char      line[256];
        const int n = std::snprintf(line, sizeof line, form, of...);
        svg.append(line, static_cast<std::size_t>(std::clamp(n, 0, static_cast<int>(sizeof line) - 1)));
    };
    add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" "
        "font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
        width, height);
    for (int t = 0; t <= 4; ++t) {
        const double loss = low + (high - low) * t / 4;
        add("<path d=\"M%.1f %.1fH%.1f\" stroke=\"#ddd\"/>\n", left, y(loss), width - right);
        add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.2f</text>\n", left - 6, y(loss) + 4, loss);
    }
    for (const std::size_t step : {std::size_t{0}, steps / 2, steps})
        add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%zu</text>\n", x(static_cast<double>(step)),
            height - bottom + 18, step);
    add("<text x=\"%.1f\" y=\"22\">loss by step: <tspan fill=\"#888\">training</tspan>, <tspan "
        "fill=\"#06c\">held out</tspan></text>\n",
        left);

    const std::size_t each = (curve.size() + 599) / 600;
    svg += "<polyline fill=\"none\" stroke=\"#aaa\" points=\"";
    for (std::size_t i = 0; i < curve.size(); i += each) {
        const std::size_t n   = std::min(each, curve.size() - i);
        double            sum = 0;
        for (std::size_t j = i; j < i + n; ++j) sum += curve[j].loss;
        add("%.1f,%.1f ", x(static_cast<double>(curve[i + n - 1].step)), y(sum / static_cast<double>(n)));
    }
    svg += "\"/>\n<polyline fill=\"none\" stroke=\"#06c\" stroke-width=\"2\" points=\"";
    for (const auto& l : looks) add("%.1f,%.1f ", x(static_cast<double>(l.step)), y(l.loss));
    svg += "\"/>\n";
    for (const auto& l : looks)
        if (l.step == kept)
            add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"white\" stroke=\"#06c\" stroke-width=\"2\"/>\n",
                x(static_cast<double>(l.step)), y(l.loss));
    return svg + "</svg>\n";
}

} // namespace tool
