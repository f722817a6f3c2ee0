/** How the reader writes dates in one of the page's languages: as where they are. @param {string} language */
export const localeFor = (language) => navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language;
