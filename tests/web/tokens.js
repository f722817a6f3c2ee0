/** Prints the tokens of the script on stdin, one a line: what it says, whatever its white space and comments. */

import { readFileSync } from 'node:fs';
import ts from 'typescript';

const script = ts.createSourceFile('main.js', readFileSync(0, 'utf8'), ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS);
/** @param {ts.Node} node @returns {string[]} */
const tokens = (node) => {
  const parts = node.getChildren(script).filter(({ kind }) => kind < ts.SyntaxKind.FirstJSDocNode || kind > ts.SyntaxKind.LastJSDocNode);
  return parts.length ? parts.flatMap(tokens) : [JSON.stringify(node.getText(script))];
};
console.log(tokens(script).filter((token) => token !== '""').join('\n'));
