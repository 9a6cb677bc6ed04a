package lint

import (
	"strings"
	"sync"
)

// givenNames are given names that are rarely anything else. Names that are also
// products, places, months or words (Jenkins, Ruby, Jasmine, Travis, Austin, May,
// Mark, Will, Grace, Bill, Rob, Max, Jackson, Victoria, Virginia) are left out, so
// that a product is never taken for a person.
const givenNames = `
aaron abdul abdullah abigail adaeze adam adele adrian adriana agnes agnieszka ahmad ahmed aino aisha akira akram alan albert alberto alejandra alejandro aleksander aleksandra aleksi
alessandro alexander alexandra alexandre alexei alfonso alfred alice alicia alina alison allison alvin amanda amelia amina amir amit amy ana anastasia anders andre andrea andreas
andreea andrei andrew andrzej andy angela angelica anil anita anjali anke ankit ann anna anne annette annika anthony antje antoine anton antonio anya arjun arne arnold arthur arturo
asha ashish ashley astrid audrey baerbel barbara bart bartosz bastian beate beatrice beatriz becky benedikt benjamin bente berit bernard bernd bernhard bernie bertrand beth bettina
bianca birgit bjarne bjorn björn bob bogdan boris brad bradley brandon brenda brendan brent brett brian bridget britta bruno bryan bärbel caitlin camila carla carlos carmen caroline
carsten catherine cecilia cedric celine chandra chen cheng chinedu chloe chris christa christian christina christine christoph christophe christopher cindy claire clara claudia claudio
clemens colin connor corinna cristina cynthia dagmar damian daniel daniela danielle danny darren dave david deborah deepak deepika denis dennis derek detlef diana diego dieter dietmar
dimitri dinesh dirk dmitri dmitry dominik dominique donald dorothea doug douglas dylan dörte eduardo edward eero egor eike eileen einar elena eli elias elisa elisabeth elizabeth elke
ellen emil emilia emily emma emre enrique erdem eric erica erik erika erkki ernesto ernst esra esther eszter eugene eva evan evelyn fabian fabio fatima federico felicia felipe femi
femke ferenc fernanda fernando filip finn fiona florian francesca francesco francisco franco francois frank franz frauke fred frederik fredrik fredrika freya friedrich gabriel gabriela
gabriele galina gareth gary gaurav geoff geoffrey georg george gerald gerard gerd gerda gerhard gerrit gesine gianluca gilbert giovanni gisela gitte giulia giuseppe gonzalo gordon
graham greg gregor gregory greta gudrun guido guillaume gunnar gunther gustav gustavo günter günther hakan halil hannah hanne hannes hans harald harish hartmut haruki haruto hassan hege
heidi heike heiko heiner heinrich heinz helen helena helga helmut hendrik henning henri henrik henrike henry herbert hermann hideo hilde hildegard hiroshi holger howard hubert hugo
huong ian ibrahim igor ilse imke ines inge ingeborg ingmar ingo ingrid ingvild irina irmgard isaac isabel isabella isabelle istvan ivan ivana jaap jacek jacob jacqueline jakob jakub
james jamie jan jana jane janet janice jared jaroslav jason javier jean jeff jeffrey jelena jelle jennifer jenny jens jeremy jerome jerry jesper jesse jessica jihoon jill jim jimmy jing
joachim joan joanna joao jochen joe joel johan johanna johannes john johnny jonas jonathan joost jorge joris jose josef joseph josh joshua joyce juan juergen juha jukka julian juliana
julien julio juraj jurgen justin justyna jutta jyrki jörg jürgen kai kaisa kamal kamil karen karin karina karl karla karolina karsten karthik katalin katarzyna kate katharina katherine
kathleen kathrin kathy katie katja katrin kavita kazuki keiko keith kelly ken kenji kenneth kenta kerstin kevin khalid kim kirsten kjell klaus knut konrad konstantin krishna kristen
kristian kristin kristina krzysztof kumar kurt kwame kyle lajos lakshmi lalit lars lasse laura lauren laurent lea leah leif leila lena lennart leon leonard leonardo leonie li liam
lieselotte lin linda linh lisa liu lorenzo lothar lotte louis louise luca lucas lucia luciana ludwig luis luisa lukas lukasz luke lydia maarten maciej madeleine magdalena magnus mahesh
maike malcolm malgorzata manfred manish manoj manuel manuela marc marcel marcin marco marcos marcus marek margaret maria mariam mariana marie marina mario marion marit marius marjan
marko markus marlene marta martha martin martina mary mateo mateusz mathias mathieu mats matt matteo matthew matthias matthieu maureen maurice mauricio maximilian megan mehdi mehmet mei
meike melanie melissa merete mette michael michaela michal michel michele michelle mieke miguel mika mikael mike mikhail mikko milan milena minh mira miriam mirko mohamed mohammad
mohammed mohit monica monika muhammad murat mustafa nadia nadine nancy naoki naomi natalia natalie natasha nathan nathaniel naveen neha neil ngozi nicholas nick nico nicola nicolas
nicole niels nigel nikhil nikita niklas nikola nikolai nikolaus nils nina nisha nitin noah noemi noor norbert nuno obinna ola olaf olav oleg olga oliver olivia olivier oluwaseun omar
oskar osman otto outi owen paavo pablo pamela pankaj paolo patricia patricio patrick patrik paul paula paulina paulo pavel pawel pedro peggy pekka pernille peter petr petra phil philip
philipp philippe phillip pierre pieter piotr pirjo polina pooja prakash pranav prasad preeti priya przemyslaw qing rachel rafael rafal rahul raimund rainer raj rajesh rakesh ralf ralph
ramesh ramon raphael rashid ravi raymond rebecca regina reiner reinhard renate renee rené ricardo riccardo richard riikka rita robert roberta roberto robin rodrigo roger rohan rohini
rohit roland rolf roman ronald rosa rosemary ross rudolf ruediger rupert ruth ryan rüdiger sabine sabrina sachin said sally salma sam samantha samir samuel sandeep sandra sanjay sanna
santiago sara sarah sascha satoshi scott sean sebastian sebastien serge sergei sergey sergio shannon sharon shaun shawn sheila shilpa shreya siegfried sigrid silke silvia simon simone
sipho siv slawomir sofia solveig sonia sonja soojin sophia sophie soren srinivas stacey stan stanislav stefan stefanie stefano steffen stella stephan stephanie stephen steve steven
stewart stig stuart subhash sunil suresh susan susanne suzanne sven svenja svetlana swantje swati sylvia sönke søren tadeusz takashi takeshi tamara tania tanja tanya tara tarja tarun
tatiana tatjana ted teresa terry thanh theo theodor theresa thijs thomas thorsten tiffany tim timo timothy tina tobias todd tom tomas tomasz tommaso tommy toni tony torben torsten tove
tracy trine tristan trond tuan tunde tuomas tuula tyler uday udo ulf uli ulrich ulrike urs ursula uta ute uwe valentina vanessa vasily vera veronica vesa vidar vijay vikram viktor vilma
vincent vinod vishal vivek vladimir volker walter wanda wei wendy werner wesley wiebke wilhelm willem william winfried wojciech wolfgang xavier xin yan yang yannick yasemin yasmin ying
yolanda yosef youssef yuki yuko yuri yusuf yves yvonne zachary zeynep zhang zoe zofia zsolt łukasz`

var givenSet = sync.OnceValue(func() map[string]bool { return setOf(strings.Fields(givenNames)) })

// given reports whether a word in lower case is a given name, or several with hyphens
// between them (Ann-Kathrin, Jean-Pierre).
func given(name string) bool {
	if givenSet()[name] {
		return true
	}
	first, rest, ok := strings.Cut(name, "-")
	return ok && givenSet()[first] && given(rest)
}
