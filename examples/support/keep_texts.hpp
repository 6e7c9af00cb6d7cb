// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tool {

/// Plain English of several kinds, a blank line between, by which `tune` asks what a language model forgot where no `--keep` is given.
inline constexpr std::string_view keep_texts =
    R"(Water boils at a lower temperature on a mountain than at the sea, because the air above it weighs less. A pot of potatoes therefore takes longer to cook in a hut at three thousand metres than in a kitchen on the coast, although the water bubbles just as much.

The old woman put the kettle on and looked out of the window. Nobody had come up the road since morning, and the snow lay untouched between the walls. She thought of her brother, who had promised to write as soon as the ship was in port.

To change a wheel, park on firm ground and pull the hand brake. Loosen the nuts half a turn before you lift the car. Then raise it until the tyre is clear of the road, take the nuts off, and keep them together where they cannot roll away.

The parliament passed the bill on Tuesday by a narrow majority. Members of the opposition said that the new rules would cost small towns more than the government expected, and asked for a report within two years.

A triangle with sides of three, four and five units has a right angle, since nine and sixteen are twenty-five. The same is true of any triangle in which the squares of the two shorter sides add up to the square of the longest.

In spring the cranes come back from the south. They rest in the wet meadows by the river, feed on grain that was left in the fields, and dance in pairs before they move on to the bogs where they build their nests.

Dear Mrs Harris, thank you for your letter of the fourth of May. We are sorry to hear that the lamp arrived broken. Please keep the parts, as our driver will collect them next week when he brings the new one.

The function reads a list of numbers and returns the largest of them. If the list is empty it returns nothing, so the caller has to check before using the result. It looks at each number once and needs no extra memory.

Bread was dearer that year than anyone could remember. The harvest had failed in the north, the roads were deep in mud, and merchants held their grain back in the hope of higher prices. In October the city opened its own stores.

Light from the sun takes about eight minutes to reach the earth. When we look at a distant star we see it as it was long ago, and some of those that shine tonight may have ceased to exist before people learned to write.

What did you think of the film? I liked the beginning, but the second half was too long, and I never understood why the sister left. You should have read the book first, she said, and ordered another coffee.

Regular exercise strengthens the heart and improves sleep. Doctors advise adults to walk briskly for at least half an hour on most days, and to begin slowly after an illness. Anyone who feels pain in the chest should stop and seek help.)";

} // namespace tool
