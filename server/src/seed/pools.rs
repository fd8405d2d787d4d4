//! Names and identity numbers the generator draws from.
//!
//! The numbers are Skatteverket's published test numbers; none is invented, since an invented one
//! may be a real person's. There are none for births after 2023: newborns have none.

/// A pool of names, drawn independently.
#[derive(Debug)]
pub struct Names {
    /// Women's given names.
    pub women: &'static [&'static str],
    /// Men's given names.
    pub men: &'static [&'static str],
    /// Family names.
    pub families: &'static [&'static str],
    /// Citizenship.
    pub country: &'static str,
    /// Language.
    pub language: &'static str,
}

/// Levant.
pub static LEVANT: Names = Names {
    women: &["Rima", "Layal", "Hanan", "Sawsan", "Dania", "Rana", "Amal", "Zeina", "Nada", "Lubna"],
    men: &["Karam", "Ziad", "Basel", "Rami", "Wael", "Samer", "Firas", "Tarek", "Nizar", "Yazan"],
    families: &[
        "Haddad", "Qasem", "Khoury", "Darwish", "Sabbagh", "Mansour", "Shahin", "Barakat",
        "Hijazi", "Tahhan",
    ],
    country: "SYR",
    language: "ara",
};
/// Afghanistan.
pub static AFGHANISTAN: Names = Names {
    women: &["Zarghona", "Palwasha", "Mursal", "Shabnam", "Freshta", "Laila", "Spozhmai", "Nargis"],
    men: &["Jawad", "Farhad", "Omid", "Nasir", "Zabi", "Habib", "Rahim", "Sharif"],
    families: &["Noori", "Amiri", "Stanikzai", "Wardak", "Haidari", "Popal", "Rasuli", "Safi"],
    country: "AFG",
    language: "prs",
};
/// Somalia.
pub static SOMALIA: Names = Names {
    women: &["Hodan", "Ifrah", "Sagal", "Fartun", "Nimco", "Ayan", "Deqa", "Hibo"],
    men: &["Abdirahman", "Liban", "Guled", "Bile", "Warsame", "Cabdi", "Farah", "Jama"],
    families: &["Warsame", "Abdulle", "Guled", "Yusuf", "Farah", "Hersi", "Mohamud", "Osman"],
    country: "SOM",
    language: "som",
};
/// Eritrea.
pub static ERITREA: Names = Names {
    women: &["Senait", "Feven", "Ruta", "Selam", "Hiwet", "Luwam", "Saba", "Winta"],
    men: &["Robel", "Merhawi", "Filmon", "Yonas", "Samuel", "Dawit", "Henok", "Abel"],
    families: &[
        "Tesfay",
        "Ghebremichael",
        "Woldu",
        "Kidane",
        "Mehari",
        "Habte",
        "Araya",
        "Yohannes",
    ],
    country: "ERI",
    language: "tir",
};
/// Ukraine.
pub static UKRAINE: Names = Names {
    women: &["Oksana", "Iryna", "Daryna", "Kateryna", "Olha", "Sofiia", "Nataliia", "Solomiia"],
    men: &["Taras", "Bohdan", "Yurii", "Mykola", "Andrii", "Danylo", "Serhii", "Ostap"],
    families: &[
        "Melnyk",
        "Kovalenko",
        "Shevchuk",
        "Bondar",
        "Tkach",
        "Hrytsenko",
        "Savchuk",
        "Polishchuk",
    ],
    country: "UKR",
    language: "ukr",
};
/// Iran.
pub static IRAN: Names = Names {
    women: &["Shirin", "Golnaz", "Parisa", "Taraneh", "Niloufar", "Mahsa"],
    men: &["Kaveh", "Arash", "Siavash", "Behzad", "Peyman", "Rostam"],
    families: &["Jafari", "Rostami", "Ebrahimi", "Zamani", "Karimi", "Moradi"],
    country: "IRN",
    language: "pes",
};
/// Congo.
pub static CONGO: Names = Names {
    women: &["Furaha", "Neema", "Aline", "Chantal", "Riziki", "Divine"],
    men: &["Innocent", "Patrick", "Emery", "Pacifique", "Jonas", "Héritier"],
    families: &["Mukasa", "Bahati", "Nkunda", "Habimana", "Uwimana", "Kalala"],
    country: "COD",
    language: "swh",
};
/// Uzbekistan.
pub static UZBEKISTAN: Names = Names {
    women: &["Dilnoza", "Zarina", "Malika", "Gulnora"],
    men: &["Aziz", "Bekzod", "Jasur", "Rustam"],
    families: &["Karimov", "Yusupova", "Rahimov", "Nazarova"],
    country: "UZB",
    language: "uzn",
};

/// Names in their own script.
const NATIVE: [(&str, &str); 43] = [
    ("Rima", "ريما"),
    ("Layal", "ليال"),
    ("Hanan", "حنان"),
    ("Sawsan", "سوسن"),
    ("Dania", "دانيا"),
    ("Rana", "رنا"),
    ("Amal", "أمل"),
    ("Zeina", "زينة"),
    ("Nada", "ندى"),
    ("Lubna", "لبنى"),
    ("Karam", "كرم"),
    ("Ziad", "زياد"),
    ("Basel", "باسل"),
    ("Rami", "رامي"),
    ("Wael", "وائل"),
    ("Samer", "سامر"),
    ("Firas", "فراس"),
    ("Tarek", "طارق"),
    ("Nizar", "نزار"),
    ("Yazan", "يزن"),
    ("Haddad", "حداد"),
    ("Qasem", "قاسم"),
    ("Khoury", "خوري"),
    ("Darwish", "درويش"),
    ("Sabbagh", "صباغ"),
    ("Mansour", "منصور"),
    ("Shahin", "شاهين"),
    ("Barakat", "بركات"),
    ("Hijazi", "حجازي"),
    ("Tahhan", "طحان"),
    ("Selam", "ሰላም"),
    ("Dawit", "ዳዊት"),
    ("Oksana", "Оксана"),
    ("Iryna", "Ірина"),
    ("Olha", "Ольга"),
    ("Taras", "Тарас"),
    ("Bohdan", "Богдан"),
    ("Mykola", "Микола"),
    ("Melnyk", "Мельник"),
    ("Kovalenko", "Коваленко"),
    ("Shevchuk", "Шевчук"),
    ("Bondar", "Бондар"),
    ("Tkach", "Ткач"),
];

/// A name in its own script, where both parts are known.
#[must_use]
pub fn native(given: &str, family: &str) -> Option<String> {
    let of = |name: &str| NATIVE.iter().find(|(known, _)| *known == name).map(|(_, own)| *own);
    Some(format!("{} {}", of(given)?, of(family)?))
}

/// Years of birth a number is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Years {
    /// 1938 to 1965.
    Elder,
    /// 1966 to 2002.
    Adult,
    /// 2003 to 2007.
    Young,
    /// 2008 to 2012.
    Teen,
    /// 2013 to 2018.
    Child,
    /// 2019 to 2023.
    Small,
    /// After 2023: no number.
    Newborn,
    /// An adult with a coordination number whose birth date is unconfirmed.
    Unconfirmed,
}

/// Sex in the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sex {
    /// Female.
    F,
    /// Male.
    M,
}

impl Sex {
    /// Its code in the catalog.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::F => "F",
            Self::M => "M",
        }
    }
}

/// The published test numbers of a sex for some years.
#[must_use]
pub const fn numbers(sex: Sex, years: Years) -> &'static [&'static str] {
    match (sex, years) {
        (Sex::F, Years::Elder) => {
            &["194401229085", "194608188886", "195503142027", "196210053143", "196501253063"]
        }
        (Sex::M, Years::Elder) => {
            &["194108166978", "194907121794", "195603032193", "196508163257", "196510313114"]
        }
        (Sex::F, Years::Adult) => &[
            "196608253081",
            "196707293467",
            "196805249288",
            "197503259280",
            "197902199285",
            "198007299285",
            "198207169288",
            "198501169885",
            "198508199885",
            "199005262382",
            "199101282383",
            "199110282382",
            "199207072381",
            "199305262389",
            "199501052386",
            "199610162381",
            "199805212389",
            "200007132384",
            "200107222382",
        ],
        (Sex::M, Years::Adult) => &[
            "196603193373",
            "196604072618",
            "196705203252",
            "197101169295",
            "197902069272",
            "198009269252",
            "198106079257",
            "198109079296",
            "198412099296",
            "199004012390",
            "199102132397",
            "199105192398",
            "199110122398",
            "199202252392",
            "199303312392",
            "199710242398",
            "200001282391",
            "200201252392",
            "200206092397",
        ],
        (Sex::F, Years::Young) => &["200506202381", "200507242386", "200512202383", "200707112389"],
        (Sex::M, Years::Young) => &["200306212390", "200309012391", "200410212393", "200506052398"],
        (Sex::F, Years::Teen) => {
            &["200802112383", "200808302384", "200810232389", "200901222380", "201204122384"]
        }
        (Sex::M, Years::Teen) => {
            &["200807132394", "200901072397", "200901252395", "201001032398", "201111242390"]
        }
        (Sex::F, Years::Child) => {
            &["201306132380", "201410272387", "201704232386", "201808282386", "201812252383"]
        }
        (Sex::M, Years::Child) => {
            &["201405112390", "201410062390", "201512252394", "201608122394", "201803182391"]
        }
        (Sex::F, Years::Small) => &["202111112385", "202204082388", "202211262387", "202308252382"],
        (Sex::M, Years::Small) => &["202002102396", "202102202393", "202102242399", "202208282398"],
        (Sex::F, Years::Unconfirmed) => &["198200832387"],
        (Sex::M, Years::Unconfirmed) => &["198300902395", "199900882391", "198108602395"],
        (_, Years::Newborn) => &[],
    }
}
