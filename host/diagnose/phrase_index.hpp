// SPDX-License-Identifier: MPL-2.0
// PhraseIndex: all phrases of all rules, found in one pass over a text. A rule then only asks whether one of
// its lists was met.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprompt {

/// At the end of a phrase: it must end a word, so that "use|" is not met in "user".
inline constexpr char word_end = '|';

/// Which lists were met; index = list id.
using ListHits = std::vector<std::uint8_t>;

class PhraseIndex {
  public:
    /// Ids of lists, rising.
    using Lists = std::vector<std::uint16_t>;
    struct Phrase {
        std::string_view text;  ///< valid until the index is changed
        std::size_t set;        ///< index into sets(): the lists that it is in
    };

    PhraseIndex();
    /// An index for phrases that are in one of these sets of the lists below `lists`; see add_phrase().
    PhraseIndex(std::size_t lists, std::vector<Lists> sets);
    /// A phrase of at least two octets that is not in the index yet; `set` < sets().size().
    void add_phrase(std::string_view text, std::size_t set);
    /// A list of folded phrases, each at least two octets; one that ends in `word_end` must end a word too.
    /// The same list given twice gets the same id.
    std::uint16_t add_list(std::vector<std::string> phrases);
    /// `hits` is resized and overwritten. A phrase is met where it begins a word (words.hpp) and its octets
    /// are there.
    void find(std::string_view folded, ListHits& hits) const;
    /// Whether one of the list's phrases is where `folded` begins.
    [[nodiscard]] bool begins_with(std::string_view folded, std::uint16_t list) const;
    [[nodiscard]] std::size_t lists() const noexcept { return list_sizes_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return phrases_.size(); }
    [[nodiscard]] Phrase phrase(std::size_t id) const { return {text_of(phrases_[id]), phrases_[id].set}; }
    /// Which lists phrases are in together: many phrases, few such sets.
    [[nodiscard]] const std::vector<Lists>& sets() const noexcept { return sets_; }
    /// The phrases of one list, in the order of their octets; valid until the index is changed. Looks at all
    /// phrases.
    [[nodiscard]] std::vector<std::string_view> phrases_of(std::uint16_t list) const;

  private:
    /// All texts are in one string, because thousands of small ones cost more time and memory than the rest
    /// of a start.
    struct Entry {
        std::uint32_t begin, size;  ///< in octets_
        std::uint32_t set;          ///< index into sets_
        std::uint32_t next;         ///< the next phrase of the same bucket, or `none`
    };
    static constexpr std::uint32_t none = 0xFFFFFFFF;

    /// Of a text of at least two octets that begins with a phrase, the same as of the phrase.
    static std::size_t bucket_of(std::string_view text) noexcept;
    [[nodiscard]] std::string_view text_of(const Entry& entry) const noexcept {
        return std::string_view(octets_).substr(entry.begin, entry.size);
    }
    [[nodiscard]] std::optional<std::uint32_t> id_of(std::string_view text) const;
    /// The index of these lists in sets_, added if they are new.
    std::uint32_t set_of(Lists lists);

    std::string octets_;
    std::vector<Entry> phrases_;
    std::vector<Lists> sets_;
    std::vector<std::uint32_t> list_sizes_;  ///< number of phrases
    std::vector<std::uint32_t> buckets_;     ///< first phrase of each, or `none`
};

}  // namespace reprompt
