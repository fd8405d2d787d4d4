//! What people write: sentences, all made up, about nobody.

use super::super::draw::Draw;

/// What is wrong with an item.
pub const FAULTS: [&str; 12] = [
    "Batteriet saknas.",
    "Sitter löst, skruvarna har lossnat.",
    "Trasig sedan förra veckan enligt de boende.",
    "Barnvagnar står i vägen.",
    "Går inte att stänga helt.",
    "Fuktfläck stor som en handflata.",
    "Lampan lyser inte.",
    "Märkningen är borta.",
    "Smutsigt, behöver rengöras.",
    "Fel höjd, ska flyttas.",
    "Droppar långsamt.",
    "Anslaget finns bara på svenska.",
];

/// Tasks with the department they go to.
pub const TASKS: [(&str, &str); 12] = [
    ("Anmäl till skolan", "SKO"),
    ("Boka tid på vårdcentralen", "REG"),
    ("Ansök om plats i förskola", "FSK"),
    ("Boka samhällsorientering", "SFI"),
    ("Hjälp med folkbokföring", "SKV"),
    ("Ansök om bankkonto", "SELF"),
    ("Beställ extra säng", "BOS"),
    ("Ring om etableringsersättning", "AF"),
    ("Lämna vinterkläder", "CIV"),
    ("Följ upp tandvård för barnen", "REG"),
    ("Kontakta överförmyndaren", "OFN"),
    ("Boka tolk till nästa besök", "INT"),
];

/// Own goals.
pub const WISHES: [&str; 6] = [
    "Vill lära sig svenska och arbeta i kök.",
    "Vill att barnen trivs i skolan.",
    "Vill ta körkort.",
    "Vill fortsätta läsa till sjuksköterska.",
    "Vill bo nära släktingar.",
    "Vill spela fotboll i en förening.",
];

const SENTENCES: [&str; 40] = [
    "Hembesök enligt överenskommelse, tolk på telefon under hela samtalet.",
    "Hushållet berättar att de trivs i bostaden men att det är lyhört mot trapphuset.",
    "Gick igenom hur spisen, tvättmaskinen och brandvarnaren fungerar och lät dem prova själva.",
    "Barnen har börjat i skolan och har fått busskort.",
    "Frågar om det går att få en säng till, den äldre sonen sover på en madrass.",
    "Visade kallelsen från vårdcentralen och bad om hjälp att hitta dit.",
    "Vi ringde dit tillsammans och tiden flyttades en vecka.",
    "Brevet från Skatteverket handlar om folkbokföringen och är nu besvarat.",
    "Modern säger att hon sover dåligt och tänker mycket på sina föräldrar.",
    "Informerade om att man kan prata med någon på vårdcentralen och att det inte kostar något för barnen.",
    "Fadern har varit på möte på Arbetsförmedlingen och visar planen.",
    "Planen omfattar svenska för invandrare fyra dagar i veckan och praktik från hösten.",
    "Har inte fått någon ersättning än och pengarna räcker till nästa torsdag.",
    "Kontaktade ekonomiskt bistånd, som återkommer i morgon förmiddag.",
    "Nycklarna är räknade och stämmer, en reservnyckel finns hos oss.",
    "I köket läcker det under diskbänken, felanmält till hyresvärden i dag.",
    "Hyresvärden lovar att komma inom tre dagar.",
    "Gick igenom sopsorteringen en gång till med bildkorten.",
    "Lämnade information om rättigheter och skyldigheter på modersmålet.",
    "Frågade varje vuxen för sig om de känner sig trygga hemma, båda svarar ja.",
    "Dottern berättar att hon har fått en kompis i klassen och vill börja spela handboll.",
    "Föreningen har plats och tar inte ut någon avgift den första terminen.",
    "Förskolan ringer och undrar om barnet har några allergier.",
    "Vidarebefordrade frågan till föräldrarna, som svarar nej.",
    "Bokade ny tid om två veckor, samma tolk om det går.",
    "Samtalet avbröts efter en halvtimme eftersom tolken inte hördes.",
    "Tolken talade en annan dialekt än familjen och vi fick börja om.",
    "Kommer inte till det bokade mötet, ringde och fick svar att de hade missat bussen.",
    "Har fått besked om att brodern får komma hit i vår och frågar om större bostad.",
    "Förklarade hur bostadskön fungerar och hjälpte till att ställa dem i kö.",
    "Kontrollerade LMA-kortets giltighet, det går ut om fyra månader.",
    "Visar betyg från hemlandet, kopior är tagna och skickade för bedömning.",
    "Vill arbeta så fort som möjligt och har erfarenhet av byggnadsarbete.",
    "Har varit hos tandläkaren och fått två tider till.",
    "Cykeln är stulen, hjälpte till med polisanmälan på nätet.",
    "Bad om intyg till gymmet för att få rabatt.",
    "Läste brevet från Försäkringskassan tillsammans, barnbidraget är beviljat från nästa månad.",
    "Överenskommet att vi ses hemma hos dem nästa gång och att jag tar med blanketten.",
    "Upplever att familjen klarar mer och mer på egen hand.",
    "Inget nytt att notera utöver det som är planerat.",
];

/// A text of about as many words as one of these, drawn.
pub fn body(draw: &mut Draw, lengths: [usize; 10]) -> String {
    let wanted = draw.pick(&lengths).copied().unwrap_or(85);
    let (mut text, mut words) = (String::new(), 0);
    while words < wanted {
        let Some(sentence) = draw.pick(&SENTENCES) else { break };
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(sentence);
        words += sentence.split(' ').count();
    }
    text
}
