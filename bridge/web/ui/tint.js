/** Whose something is, by colour. */

/**
 * Gives a node somebody's colours, for the style sheet to make readable on its ground.
 *
 * @param {HTMLElement} node
 * @param {{color?: string | null, color2?: string | null}} [whose] `#rrggbb`, and what it runs into
 */
export function tint(node, { color, color2 } = {}) {
  const role = `${color ?? ''} ${color2 ?? ''}`;
  if (node.dataset.role === role) return;
  node.dataset.role = role;
  node.classList.toggle('tinted', Boolean(color));
  node.classList.toggle('graded', Boolean(color && color2));
  node.style.setProperty('--role', color ?? '');
  node.style.setProperty('--role2', color2 ?? '');
}
