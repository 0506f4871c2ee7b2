/** A mail on its way. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export type MailPurpose = 'reset-password' | 'verify-email';

/** What mails of a purpose say around their link. */
const texts: Readonly<Record<MailPurpose, { subject: string; why: string; otherwise: string }>> = {
  'reset-password': {
    subject: 'A new password',
    why: 'Somebody, hopefully you, has asked for a new password.',
    otherwise: 'If it was not you, do nothing: your password stays as it is.',
  },
  'verify-email': {
    subject: 'Is this your address?',
    why: 'Somebody, hopefully you, has given this address as theirs.',
    otherwise: 'If it was not you, do nothing.',
  },
};

/**
 * The mail that a token travels in. The token stands behind a `#`, which browsers send to no server.
 * @param links what its link begins with, `{tenant}` standing for the slug; undefined where mails hold the bare token.
 */
export function mailOf(purpose: MailPurpose, to: string, token: string, slug: string, links: string | undefined): Mail {
  const { subject, why, otherwise } = texts[purpose];
  const link = links
    ? `${links.replace('{tenant}', slug).replace(/\/$/, '')}/${purpose}#token=${token}`
    : `Your token: ${token}`;
  return { to, subject, text: [why, '', link, '', 'It can be used once, within an hour.', otherwise, ''].join('\n') };
}
