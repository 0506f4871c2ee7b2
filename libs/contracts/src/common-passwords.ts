/** Often used passwords of 12 characters and more, lower-cased: what a guesser tries first. */
const common: ReadonlySet<string> = new Set(
  `
    012345678910 0123456789ab 0123456789abcdef 111222333444 112233445566 121212121212 123123123123 123456123456
    123456654321 1234567890-= 123456789000 123456789012 1234567890123 12345678901234 123456789012345
    1234567890123456 12345678901234567890 1234567890qw 1234567890qwe 1234567890qwertyuiop 123456789101112
    123456789abc 123456qwerty 1234qwerasdf 1234qwerasdfzxcv 12qwaszx12qwaszx 147258369000 147852369000 1q2w3e4r5t6y
    1q2w3e4r5t6y7u 1q2w3e4r5t6y7u8i 1q2w3e4r5t6y7u8i9o0p 1qaz1qaz1qaz 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qazxsw23edc
    1qazxsw23edcvfr4 987654321000 999999999999 a1b2c3d4e5f6 a1b2c3d4e5f6g7 aaaabbbbcccc abc123abc123 abcd12345678
    abcdefghijkl abcdefghijklmnop abcdefghijklmnopqrstuvwxyz admin1234567 admin12345678 admin123456789
    adminadminadmin administrator administrator1 asdfasdfasdf asdfghjkl123 asdfghjklzxcvbnm changeme1234
    changeme12345 changemechangeme changethispassword chocolate123 christopher1 correcthorsebatterystaple
    defaultpassword football1234 hello1234567 iloveyou1234 iloveyou12345 iloveyouforever iloveyousomuch jesuschrist1
    letmein12345 letmein123456 letmeinletmein liverpool123 manchesterunited motdepasse123 mypassword12 mypassword123
    mypassword1234 newpassword1 newpassword123 p@ssw0rd1234 p@ssw0rd12345 p@ssw0rdp@ssw0rd p@ssword1234
    p@ssword12345 pa$$w0rd1234 pa$$word1234 pass12345678 pass123456789 passw0rd1234 passw0rd12345 password!123
    password!1234 password0000 password123! password1234 password1234! password12345 password12345! password123456
    password1234567 password12345678 password123456789 password1234567890 password2023 password2024 password2025
    password2026 password@123 password@1234 password_123 passwordpassword princess1234 q1w2e3r4t5y6 q1w2e3r4t5y6u7
    q1w2e3r4t5y6u7i8 qazwsxedc123 qazwsxedcrfv qazwsxedcrfvtgb qwer1234asdf qwer1234qwer qwerasdfzxcv qwerqwerqwer
    qwerty123456 qwerty1234567 qwerty12345678 qwerty123456789 qwertyqwerty qwertyuiop12 qwertyuiop123 qwertyuiop1234
    qwertyuiop[] qwertyuiopasdfghjkl qwertyuiopasdfghjklzxcvbnm samsung12345 secret123456 secretpassword
    spongebob123 startrek1234 starwars1234 sunshine1234 superman1234 supersecret1 supersecret123 temporary123
    temppassword test12345678 test123456789 testpassword testtesttest thisisapassword thisismypassword unbelievable
    user12345678 verysecret123 welcome12345 welcome123456 welcomewelcome whatever1234 yourpassword zaq12wsxcde3
    zaq1zaq1zaq1 zxcvbnm12345 zxcvbnm123456 zxcvbnmasdfghjkl zxcvbnmzxcvbnm
  `
    .trim()
    .split(/\s+/),
);

/** Whether a guesser would try it among the first: a well-known password in any case, or one character over and over. */
export const isCommonPassword = (password: string): boolean =>
  common.has(password.toLowerCase()) || new Set(password).size === 1;
