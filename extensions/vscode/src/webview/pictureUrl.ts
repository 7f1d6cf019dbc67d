// Which pictures may be shown.

/** Only what is a picture by its own word, and in the page already, is shown; null for everything else. */
export function pictureUrl(url: string): string | null {
  return /^data:image\/(png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=]+$/.test(url) ? url : null;
}
