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
aaron abdul abdullah abigail adam adele adrian adriana agnes agnieszka ahmad ahmed aisha akira akram alan albert alberto alejandra alejandro aleksander aleksandra alessandro alexander
alexandra alexandre alexei alfonso alfred alice alicia alina alison allison alvin amanda amelia amina amir amit amy ana anastasia anders andre andrea andreas andreea andrei andrew
andrzej andy angela angelica anil anita anjali ankit ann anna anne annette anthony antoine anton antonio anya arjun arnold arthur arturo asha ashish ashley astrid audrey
barbara bart bartosz beatrice beatriz becky benedikt benjamin bernard bernd bernhard bernie bertrand beth bettina bianca birgit bjorn björn bob bogdan boris brad bradley brandon brenda
brendan brent brett brian bridget bruno bryan caitlin camila carla carlos carmen caroline catherine cecilia cedric celine chandra chen cheng chloe chris christa christian christina christine
christoph christophe christopher cindy claire clara claudia claudio clemens colin connor corinna cristina cynthia damian daniel daniela danielle danny darren dave david deborah deepak
denis dennis derek diana diego dieter dimitri dinesh dirk dmitri dmitry dominik dominique donald dorothea doug douglas dylan eduardo edward egor eileen elena eli elias elisa elisabeth
elizabeth elke ellen elena emil emilia emily emma enrique eric erica erik erika ernesto ernst esther eugene eva evan evelyn fabian fabio fatima federico felicia felipe fernanda fernando
filip fiona florian francesca francesco francisco franco francois frank franz fred frederik fredrik friedrich gabriel gabriela gabriele galina gareth gary geoff geoffrey georg george gerald
gerard gerhard gianluca gilbert giovanni giulia giuseppe gisela gonzalo gordon graham greg gregor gregory greta guido guillaume gunnar gustav gustavo hannah hannes hans harald haruto hassan
heidi heike heinrich heinz helen helena helga helmut henning henri henrik henry herbert hermann hideo hiroshi holger howard hugo ian ibrahim igor ilse ines inge ingo ingrid irina isaac
isabel isabella isabelle ivan ivana jacek jacob jacqueline jakob jakub james jamie jan jana jane janet janice jared jaroslav jason javier jean jeff jeffrey jelena jennifer jenny jens jeremy
jerome jerry jesper jesse jessica jill jim jimmy jing joachim joan joanna joao joe joel johan johanna johannes john johnny jonas jonathan joost jorge jose josef joseph josh joshua joyce
juan juergen julian juliana julien julio juraj jurgen jürgen justin justyna kai kamal kamil karen karin karina karl karolina karsten kate katharina katherine kathleen kathrin kathy katie
katja katrin katarzyna kavita keith kelly ken kenji kenneth kevin khalid kim kirsten klaus konrad konstantin krishna kristen kristin kristina krzysztof kumar kurt kyle lakshmi lars laura
lauren laurent lea leah leila lena leon leonard leonardo leonie li liam lin linda lisa liu lorenzo lothar louis louise luca lucas lucia luciana ludwig luis luisa lukas lukasz łukasz luke
lydia maciej madeleine magdalena magnus mahesh malcolm malgorzata manfred manish manuel manuela marc marcel marcin marco marcos marcus marek margaret maria mariam mariana marie marina
mario marion marius marjan markus marta martha martin martina mary mateo mateusz mathias mathieu matt matteo matthew matthias matthieu maureen maurice mauricio maximilian megan mehmet mei
melanie melissa michael michaela michal michel michele michelle miguel mika mike mikhail milan milena mira miriam mirko mohamed mohammad mohammed mohit monica monika muhammad nadia nadine
nancy naomi natalia natalie natasha nathan nathaniel neha neil nicholas nick nicola nicolas nicole niels nigel niklas nikhil nikita nikola nikolai nikolaus nina nisha noah noemi noor norbert
nuno olaf oleg olga oliver olivia olivier omar osman oskar otto owen pablo pamela paolo patricia patricio patrick patrik paul paula paulina paulo pavel pawel pedro peggy peter petra petr
philip philipp philippe phil phillip pierre piotr polina pooja prakash pranav prasad preeti priya przemyslaw qing rachel rafael rafal rahul raj rajesh rakesh ralf ralph ramesh ramon raphael
rashid ravi raymond rebecca regina reinhard renate rené renee ricardo riccardo richard rita robert roberta roberto robin rodrigo roger rohan rohit roland rolf roman ronald rosa rosemary
ross rudolf rupert ryan sabine sabrina said sally salma sam samantha samir samuel sandeep sandra sanjay santiago sara sarah sascha satoshi scott sean sebastian serge sergei sergey sergio
shannon sharon shaun shawn sheila shreya silke silvia simon simone slawomir sofia sonia sonja sophia sophie srinivas stacey stan stanislav stefan stefanie stefano steffen stella stephan
stephanie stephen steve steven stewart stuart subhash sunil suresh susan susanne suzanne sven svetlana sylvia tadeusz takashi tamara tania tanja tanya tara tatiana ted teresa terry
theodor theresa thomas thorsten tiffany tim timo timothy tina tobias todd tom tomas tomasz tommaso tommy toni tony torsten tracy tristan tyler udo uli ulrich ulrike ursula uta uwe vanessa
vasily vera veronica viktor vijay vikram vincent vinod vivek vladimir volker walter wanda wei wendy werner wesley wilhelm william wojciech wolfgang xavier xin yan yang yannick yasmin ying
yolanda yosef youssef yuki yuri yusuf yves yvonne zachary zhang zofia zoe zsolt`

var givenSet = sync.OnceValue(func() map[string]bool { return setOf(strings.Fields(givenNames)) })
