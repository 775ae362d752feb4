#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include "/work/shared/score/beats_policy.h"
enum{D=16,GB=300,ST=24,WAIT=64};
typedef struct{ double x[D],p,t; int open; } Row;
typedef struct{ long long ep,sq; int seen; double last; 
 double acc[BP_METRICS]; int an; double m5[BP_METRICS][5]; int mi,mn; double base[BP_METRICS]; double bn; double memh[31]; int mh,mhn; double gapacc;int gapn; double late;
 Row r[WAIT]; int rf,rn; double x[D]; int have; double p; int on; double since; double up; double cool; } N;
typedef struct{ bp_conf c; N*n; double hist[GB]; double T; double lastq; double grace; double L,Lt; double fails; double w[D],P[D*D]; double srow[ST],sp[ST],sy[ST]; double ny; double nextmin; int over; double t0,now; } B;
void*bp_new(const bp_conf*c){ B*b=calloc(1,sizeof*b); b->c=*c; b->n=calloc((size_t)c->nodes,sizeof(N)); b->L=12; b->lastq=-1; b->w[0]=-3; for(int i=0;i<D;i++)b->P[i*D+i]=i?1:4; b->nextmin=60; return b; }
void bp_free(void*p){B*b=p;free(b->n);free(b);}
static double lg(double z){return 1/(1+exp(-z));}
static double dot(B*b,const double*x){double s=0;for(int i=0;i<D;i++)s+=b->w[i]*x[i];return s;}
static int step(double z){int s=(int)((z+8)*2);return s<0?0:s>=ST?ST-1:s;}
static double iso(B*b,double p){ double R[ST],A[ST],Y[ST];int n=0; for(int i=0;i<ST;i++){if(b->srow[i]<=0)continue;R[n]=b->srow[i];A[n]=b->sp[i];Y[n]=b->sy[i];n++; while(n>1&&Y[n-1]*R[n-2]<=Y[n-2]*R[n-1]){R[n-2]+=R[n-1];A[n-2]+=A[n-1];Y[n-2]+=Y[n-1];n--;}}
 int i=0;while(i<n&&A[i]/R[i]<p)i++; if(!n)return p; if(i==0)return Y[0]/R[0]; if(i==n)return Y[n-1]/R[n-1]; double l=A[i-1]/R[i-1],h=A[i]/R[i]; return Y[i-1]/R[i-1]+(Y[i]/R[i]-Y[i-1]/R[i-1])*(p-l)/(h-l); }
static void learn(B*b,const double*x,double y){ double z=dot(b,x),q=lg(z),s=q*(1-q),r[D],t=1; for(int i=0;i<D;i++){r[i]=0;for(int j=0;j<D;j++)r[i]+=b->P[i*D+j]*x[j];} for(int i=0;i<D;i++)t+=s*x[i]*r[i];
 for(int i=0;i<D;i++)b->w[i]+=r[i]/t*(y-q); for(int i=0;i<D;i++)for(int j=0;j<D;j++)b->P[i*D+j]-=s*r[i]*r[j]/t; for(int i=0;i<D;i++)b->P[i*D+i]*=1.00001; int k=step(z); double f=.99997; for(int i=0;i<ST;i++){b->srow[i]*=f;b->sp[i]*=f;b->sy[i]*=f;} b->srow[k]++;b->sp[k]+=q;b->sy[k]+=y; b->ny+=y; }
static void minute(B*b,N*n,double now){
 if(n->an<1){ if(now-n->last>180)n->have=0; return; } double v[BP_METRICS]; for(int k=0;k<BP_METRICS;k++){v[k]=n->acc[k]/n->an;n->acc[k]=0;} n->an=0; n->late=n->gapn?n->gapacc/n->gapn/b->c.beat_s-1:0; n->gapacc=0;n->gapn=0;
 for(int k=0;k<BP_METRICS;k++)n->m5[k][n->mi]=v[k]; n->mi=(n->mi+1)%5; if(n->mn<5)n->mn++;
 n->memh[n->mh]=v[BP_MEM]; n->mh=(n->mh+1)%31; if(n->mhn<31)n->mhn++;
 double lo[BP_METRICS],me[BP_METRICS]; for(int k=0;k<BP_METRICS;k++){lo[k]=1e300;me[k]=0;for(int i=0;i<n->mn;i++){double q=n->m5[k][i];if(q<lo[k])lo[k]=q;me[k]+=q/n->mn;}}
 double*bs=n->base; if(n->bn<1){memcpy(bs,v,sizeof v);}
 double load=v[BP_RATE]/(bs[BP_RATE]+1e-9); double lcpu=bs[BP_CPU];
 double expc=lcpu*(.4+.6*load); double cpux=me[BP_CPU]-expc; double batch=log((v[BP_NET]+1e-9)/(bs[BP_NET]+1e-9))-log(load+1e-9);
 double er=log((lo[BP_ERR]+2e-4)/(bs[BP_ERR]+2e-4)), la=log((me[BP_LAT]+1e-3)/(bs[BP_LAT]*(.85+.15*load)+1e-3));
 int old=(n->mh+31-n->mhn)%31; double sl=v[BP_MEM]-n->memh[old]; double mem=me[BP_MEM],md=mem-bs[BP_MEM];
 double x[D]={1,4*md,5*sl,6*(mem>.7?mem-.7:0),er,er*er*.3,2*la,2*la*la,3*cpux,6*cpux*cpux*(cpux>0),batch,5*n->late,6*(me[BP_CPU]>.7?me[BP_CPU]-.7:0),10*md*sl,3*cpux*batch,4*(mem-.5)};
 for(int i=0;i<D;i++){if(!(x[i]<6))x[i]=6;if(x[i]<-6)x[i]=-6;}
 memcpy(n->x,x,sizeof x); n->have=n->mn>=3; double z=dot(b,x); n->p=b->ny>1500?iso(b,lg(z)):lg(z);
 /* baseline: 4 h, winsorised; load profile over a day so mean over a day */
 double tau=n->bn<240?n->bn+1:240; n->bn++; for(int k=0;k<BP_METRICS;k++){ double q=v[k]; if(k==BP_CPU)q=v[k]/(.4+.6*load); if(k==BP_LAT)q=v[k]/(.85+.15*load); double d=q-bs[k]; double lim=k==BP_MEM?.08:k==BP_CPU?.12:fabs(bs[k])*.5; if(n->bn>30){if(d>lim)d=lim;if(d<-lim)d=-lim;} bs[k]+=d/tau; }
 /* rows */
 if(n->have&&now-n->up>120){ if(n->rn==WAIT){n->rf=(n->rf+1)%WAIT;n->rn--;} Row*r=&n->r[(n->rf+n->rn++)%WAIT]; memcpy(r->x,x,sizeof x); r->t=now; r->open=1; }
}
static void due(B*b,N*n,double now){ while(n->rn){Row*r=&n->r[n->rf]; if(now-r->t<b->c.horizon_s+660)break; if(r->open)learn(b,r->x,0); n->rf=(n->rf+1)%WAIT;n->rn--;} }
void bp_failed(void*p,double now,int i,double at){ B*b=p;N*n=&b->n[i];(void)now;b->fails++; for(int k=0;k<n->rn;k++){Row*r=&n->r[(n->rf+k)%WAIT]; if(!r->open)continue; if(r->t<at&&r->t>=at-b->c.horizon_s){learn(b,r->x,1);r->open=0;} else if(r->t>=at&&r->t<at+60)r->open=0; } }
void bp_beat_in(void*p,const bp_beat*e){ B*b=p;N*n=&b->n[e->node]; if(n->seen&&(e->epoch<n->ep||(e->epoch==n->ep&&e->seq<=n->sq)))return;
 double g=e->now-n->last; if(n->seen&&e->epoch==n->ep&&e->now>b->grace+.001&&g<25){int k=(int)(g*10);if(k>=GB)k=GB-1;b->hist[k]++;b->T+=g; if(e->seq==n->sq+1){n->gapacc+=g>3*b->c.beat_s?3*b->c.beat_s:g;n->gapn++;}}
 if(!n->seen||e->epoch>n->ep){n->up=e->now;n->mn=0;n->mhn=0;n->an=0;memset(n->acc,0,sizeof n->acc);n->have=0;n->on=0;n->late=0;}
 n->seen=1;n->ep=e->epoch;n->sq=e->seq;n->last=e->now; for(int k=0;k<BP_METRICS;k++)n->acc[k]+=e->m[k]; n->an++; }
static void limit(B*b,double now){ double fr=(b->fails+1)/(now*b->c.nodes+18000),best=1e300,more=0; int bk=80; for(int k=GB-1;k>=5;k--){ more+=b->hist[k]; double L=(k)/10.0+.0; double rate=(more+.2)/(b->T+1); double c=b->c.suspect_s*rate+b->c.late*fr*L; if(rate*31557600>15)c+=1e3*rate; if(c<best){best=c;bk=k;} } b->L=bk/10.0+.5; if(b->L<3*b->c.beat_s)b->L=3*b->c.beat_s; }
void bp_query(void*p,double now,int i,bp_answer*a){ B*b=p;N*n=&b->n[i];
 if(i==0){ if(b->lastq>=0&&now-b->lastq>1.5*b->c.query_s)b->grace=now+2*b->c.beat_s+1; b->lastq=now; if(now>=b->Lt){limit(b,now);b->Lt=now+300;} b->over=0; for(int k=0;k<b->c.nodes;k++)b->over+=b->n[k].seen&&now-b->n[k].last>3*b->c.beat_s&&now-b->n[k].last<40;
  if(now>=b->nextmin){ for(int k=0;k<b->c.nodes;k++){due(b,&b->n[k],now);minute(b,&b->n[k],now);} b->nextmin=now+60; } }
 double el=now-n->last,L=b->L; if(b->over*8>b->c.nodes&&L<12)L=12; a->alive=!(n->seen&&el>L&&now>=b->grace);
 double base=(b->fails+1)/(now*b->c.nodes+18000.0)*b->c.horizon_s; double q=n->have?n->p:base; a->pfp=q; a->score=n->have?dot(b,n->x):-3;
 double th=b->c.shift_s/(.9*(b->c.miss_s+b->c.late*b->L));
 #ifndef KON
 #define KON 5.0
 #define KOFF 3.0
 #endif
 if(!n->on&&n->have&&q>=th*KON&&b->ny>300){n->on=1;n->since=now;} else if(n->on&&(q<th*KOFF)&&now-n->since>300)n->on=0; a->shift=n->on; }
