/** Builds elements. Text is always written as text: what clients chose never becomes markup. */

export const byId = id => document.getElementById(id);

/**
 * An element.
 * @param {string} tag
 * @param {Record<string, unknown>} properties Properties of the element; names with a dash are attributes.
 * @param {...(Node | string | null)} children Strings become text.
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-')) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter(child => child !== null));
  return made;
}

/** Sets a text when it has changed, so that selections and screen readers are left alone. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Shows a problem, or hides it when the text is empty. */
export function showProblem(target, text) {
  setText(target, text ?? '');
  target.hidden = !text;
}

/** Calls an action a moment after the last of several events. */
export function debounce(action, milliseconds = 250) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
}
